// The room's help page looks again by itself, so that it can say that somebody has seen the call.

const main = document.querySelector("[data-again]");
if (main instanceof HTMLElement) setTimeout(() => location.reload(), Number(main.dataset.again) * 1000);
