// Signs of the buttons, on a grid of 24, in the colour of the text.

import { html, type TemplateResult } from 'lit';

const PATHS = {
  restart: 'M6 5V19M19 5L9 12L19 19Z',
  back: 'M16 5L6 12L16 19ZM19 5V19',
  play: 'M7 4L20 12L7 20Z',
  pause: 'M7 5H10V19H7ZM14 5H17V19H14Z',
  step: 'M8 5L18 12L8 19ZM5 5V19',
} as const;

export type Icon = keyof typeof PATHS;

export function icon(name: Icon): TemplateResult {
  return html`<svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false">
    <path d=${PATHS[name]} fill="currentColor" stroke="currentColor" stroke-width="1.6"
      stroke-linejoin="round" stroke-linecap="round" />
  </svg>`;
}
