"""A script that finds what is too faint on a page: text below 4.5 to 1, and borders of controls below 3 to 1.

WCAG 2.2, 1.4.3 and 1.4.11, which exempt disabled elements.
"""

from __future__ import annotations

FAINT = """root => {
  const parse = text => {
    const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
    const scale = text.startsWith('color(') ? 255 : 1;  // of color-mix
    return [r * scale, g * scale, b * scale, a];
  };
  const over = (top, below) => top.slice(0, 3).map((it, i) => it * top[3] + below[i] * (1 - top[3]));
  const behind = element => {
    if (!element) return [255, 255, 255];
    const own = parse(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own.slice(0, 3) : over(own, behind(element.parentElement));
  };
  const luminance = color => {
    const [r, g, b] = color.map(it => it / 255).map(it => it <= 0.04045 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (color, ground) => {
    const pair = [luminance(over(parse(color), ground)), luminance(ground)];
    return Math.round((Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05) * 100) / 100;
  };
  const visible = Array.from(root.querySelectorAll('*'))
    .filter(it => it.checkVisibility() && !it.matches(':disabled, :disabled *, :has(> :disabled)'));
  const hasText = it => it.value || Array.from(it.childNodes).some(node => node.nodeType === 3 && node.data.trim());
  const named = it => [(it.value || it.textContent).trim().slice(0, 40), it.className];
  const text = visible.filter(hasText)
    .map(it => [...named(it), ratio(getComputedStyle(it).color, behind(it))]).filter(([, , found]) => found < 4.5);
  const boxes = 'input:not([type=checkbox], [type=radio]), textarea, select, button, .tk-cards label:has(input)';
  const borders = visible.filter(it => it.matches(boxes))
    .map(it => [...named(it), ratio(getComputedStyle(it).borderTopColor, behind(it.parentElement))])
    .filter(([, , found]) => found < 3);
  return [...text, ...borders];
}"""
