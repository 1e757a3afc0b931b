import { describe, expect, it } from 'vitest';
import { formatLink, parseLink, parseSeed } from '../../src/ui/link.ts';

describe('links', () => {
  it('come back as they went out', () => {
    const link = { scenario: 'commons_harvest', seed: '18446744073709551615', agent: 'taker' };
    expect(parseLink(formatLink(link))).toEqual(link);
    expect(parseLink(formatLink({ ...link, stage: true }))).toEqual({ ...link, stage: true });
    expect(parseLink('')).toEqual({});
  });

  it('name a file of the visitor’s own in place of a scenario', () => {
    const link = { file: 'my orchard & co.toml', seed: '7', agent: 'taker' };
    expect(parseLink(formatLink(link))).toEqual(link);
    for (const wrong of ['orchard', '../x.toml', 'a\u202Eb.toml', `${'x'.repeat(252)}.toml`]) {
      expect(parseLink(formatLink({ file: wrong })), wrong).toEqual({});
    }
  });

  it('carry no name that is no name', () => {
    expect(parseLink('#/?scenario=../x&agent=<b>&seed=-1')).toEqual({});
  });
});

describe('parseSeed', () => {
  it('takes whole numbers of 64 bits and nothing else', () => {
    expect(parseSeed(' 007 ')).toBe('7');
    expect(parseSeed('18446744073709551615')).toBe('18446744073709551615');
    for (const wrong of ['18446744073709551616', '-1', '1.5', '1e3', 'x', '']) {
      expect(parseSeed(wrong), wrong).toBeNull();
    }
  });
});
