/**
 * Keeps the page as high as what is left above the keyboard, on browsers whose
 * keyboard covers the page instead of shrinking it (iOS). Elsewhere
 * `interactive-widget=resizes-content` in the viewport's meta tag does it, and the
 * two heights agree.
 */

const viewport = window.visualViewport;

function fit() {
  if (viewport === null) return;
  // Zoomed in by hand, the visible part is smaller for another reason.
  const covered = viewport.scale === 1 && viewport.height < window.innerHeight - 1;
  if (covered) document.documentElement.style.setProperty("--viewport-height", `${viewport.height}px`);
  else document.documentElement.style.removeProperty("--viewport-height");
  if (covered) window.scrollTo(0, 0);
}

viewport?.addEventListener("resize", fit);
viewport?.addEventListener("scroll", fit);
