// A sheet that was asked for on paper: the browser's own printing opens once, and not again when the page is loaded anew.

const address = new URL(location.href);
if (address.searchParams.has("printed")) {
  address.searchParams.delete("printed");
  history.replaceState(null, "", address);
  window.print();
}
