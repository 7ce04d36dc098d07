// A worker that only ticks: pages in the background must still notice a lost connection.
setInterval(() => postMessage(0), 250);
