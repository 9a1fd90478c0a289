// Gives each piece of visible text with a contrast below `least` (WCAG 2.2, 1.4.3), as "text: ratio".
(least) => {
  const parse = (colour) => colour.match(/[\d.]+/g).map(Number);
  const luminance = ([r, g, b]) =>
    [r, g, b]
      .map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
      .reduce((sum, value, place) => sum + value * [0.2126, 0.7152, 0.0722][place], 0);
  const behind = (element) => {
    for (let place = element; place; place = place.parentElement) {
      const [r, g, b, alpha = 1] = parse(getComputedStyle(place).backgroundColor);
      if (alpha === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3 && node.data.trim());
    if (!text.length || element.closest(".said") || !element.checkVisibility({ visibilityProperty: true })) continue;
    const [ink, paper] = [parse(getComputedStyle(element).color), behind(element)].map(luminance);
    const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (ratio < least) poor.push(`${text[0].data.trim()}: ${ratio.toFixed(2)}`);
  }
  return poor;
}
