//! Changed copies of good inputs: bytes cut, doubled, moved; words and lines of texts spliced.

use commonweal_core::draw::mix;

/// A stream of numbers, for what is no part of a simulation.
#[derive(Clone, Debug)]
pub struct Dice(pub u64);

impl Dice {
    /// A number below `n`; 0 for `n` = 0.
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        usize::try_from(mix(self.0) % (n as u64).max(1)).expect("below n")
    }
    /// Any byte.
    pub fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).expect("a byte")
    }
    fn of<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> Option<&'a T> {
        list.get(self.below(list.len())).copied()
    }
}

/// Up to 300 bytes of anything.
pub fn noise(dice: &mut Dice) -> Vec<u8> {
    (0..dice.below(300)).map(|_| dice.byte()).collect()
}

/// A copy with up to five changes of bytes.
pub fn changed(good: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len());
        match dice.below(6) {
            0 => bytes.truncate(at),
            1 if !bytes.is_empty() => bytes[at] = dice.byte(),
            2 if !bytes.is_empty() => bytes[at] ^= 1 << dice.below(8),
            3 => bytes.splice(at..at, [255; 8]).for_each(drop),
            4 => {
                let to = (at + dice.below(40)).min(bytes.len());
                bytes.drain(at..to);
            }
            _ => {
                let to = (at + dice.below(40)).min(bytes.len());
                let piece = bytes[at..to].to_vec();
                let place = dice.below(bytes.len());
                bytes.splice(place..place, piece);
            }
        }
    }
    bytes
}

/// Numbers at the edges of what fields hold, and pieces that mean something.
const WORDS: [&str; 64] = [
    "0",
    "1",
    "-1",
    "2",
    "3",
    "7",
    "8",
    "15",
    "16",
    "17",
    "31",
    "32",
    "33",
    "63",
    "64",
    "65",
    "127",
    "128",
    "129",
    "255",
    "256",
    "1000",
    "4096",
    "65535",
    "65536",
    "99999",
    "100000",
    "2147483647",
    "2147483648",
    "-2147483648",
    "4294967295",
    "9223372036854775807",
    "-9223372036854775808",
    "0.000001",
    "0.5",
    "1.0",
    "1e3",
    "nan",
    "inf",
    "true",
    "false",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "{}",
    "[]",
    "'''",
    "\"\"\"",
    "\"",
    "'",
    " = ",
    ".",
    ",",
    "\n",
    "#",
    "\\",
    "\r\n",
    "é",
    "\u{fffd}",
    "*",
    "->",
];

/// Words of the language that a splice may bring in where neither file has them.
const NAMES: [&str; 44] = [
    "each", "start", "on", "when", "do", "emit", "after", "every", "where", "let", "avoid", "if",
    "then", "else", "in", "mod", "and", "or", "not", "it", "me", "tick", "ticks", "the(", "count(",
    "nearest(", "seen(", "dist(", "chance(", "pick(", "min(", "max(", "inside(", "place(",
    "clear(", "pay(", "give(", "freeze(", "become(", "set.", "all", "noop", "_", "p = 0.5",
];

/// A text in pieces: words, numbers, runs of blanks, single signs.
fn pieces(text: &str) -> Vec<&str> {
    let sort = |c: char| match c {
        c if c.is_ascii_alphanumeric() || c == '_' => 1,
        ' ' | '\t' => 2,
        _ => 0,
    };
    let mut out = Vec::new();
    let mut start = 0;
    let mut last = 0;
    for (i, c) in text.char_indices() {
        let now = sort(c);
        if i > start && (now != last || now == 0) {
            out.push(&text[start..i]);
            start = i;
        }
        last = now;
    }
    if start < text.len() {
        out.push(&text[start..]);
    }
    out
}

/// A text in tables: each from its header on.
fn tables(text: &str) -> Vec<&str> {
    let mut cuts = vec![0];
    cuts.extend(text.match_indices("\n[").map(|(i, _)| i + 1));
    cuts.push(text.len());
    cuts.windows(2).map(|w| &text[w[0]..w[1]]).collect()
}

/// A copy of a text with one to four changes by words, lines and tables; `other` gives pieces.
pub fn spliced(good: &str, other: &str, dice: &mut Dice) -> String {
    let mut text = good.to_owned();
    for _ in 0..=dice.below(4) {
        text = once(&text, other, dice);
    }
    text
}

fn once(text: &str, other: &str, dice: &mut Dice) -> String {
    match dice.below(10) {
        0 => {
            // A table of the other file, or one of ours, comes in.
            let from = tables(if dice.below(3) == 0 { text } else { other });
            let Some(piece) = dice.of(&from) else {
                return text.to_owned();
            };
            let mut all = tables(text);
            all.insert(dice.below(all.len() + 1), piece);
            all.concat()
        }
        1 => {
            let mut all = tables(text);
            let (a, b) = (dice.below(all.len()), dice.below(all.len()));
            if dice.below(2) == 0 && !all.is_empty() {
                all.remove(a);
            } else if !all.is_empty() {
                all.swap(a, b);
            }
            all.concat()
        }
        2 | 3 => lines(text, other, dice),
        _ => words(text, other, dice),
    }
}

fn lines(text: &str, other: &str, dice: &mut Dice) -> String {
    let mut all: Vec<&str> = text.split_inclusive('\n').collect();
    let at = dice.below(all.len());
    match dice.below(4) {
        0 if !all.is_empty() => {
            let to = (at + 1 + dice.below(4)).min(all.len());
            all.drain(at..to);
        }
        1 => {
            let theirs: Vec<&str> = other.split_inclusive('\n').collect();
            let from = dice.below(theirs.len());
            let to = (from + 1 + dice.below(6)).min(theirs.len());
            all.splice(
                at..at,
                theirs.get(from..to).unwrap_or_default().iter().copied(),
            );
        }
        2 if !all.is_empty() => {
            let line = all[at];
            let n = [1, 2, 3, 20, 100][dice.below(5)];
            all.splice(at..at, std::iter::repeat_n(line, n));
        }
        _ if !all.is_empty() => {
            let b = dice.below(all.len());
            all.swap(at, b);
        }
        _ => {}
    }
    all.concat()
}

fn words(text: &str, other: &str, dice: &mut Dice) -> String {
    let mut all = pieces(text);
    let theirs = pieces(other);
    let ours = all.clone();
    let new = match dice.below(4) {
        0 => dice.of(&theirs),
        1 => dice.of(&ours),
        2 => dice.of(&NAMES),
        _ => dice.of(&WORDS),
    }
    .unwrap_or_default();
    let numbers: Vec<usize> = (0..all.len())
        .filter(|&i| all[i].as_bytes()[0].is_ascii_digit())
        .collect();
    match dice.below(6) {
        0 if !all.is_empty() => {
            let at = dice.below(all.len());
            all.remove(at);
        }
        1 => all.insert(dice.below(all.len() + 1), new),
        2 if !all.is_empty() => {
            let at = dice.below(all.len());
            let to = (at + 1 + dice.below(8)).min(all.len());
            let piece: Vec<&str> = all[at..to].to_vec();
            let place = dice.below(all.len());
            all.splice(place..place, piece);
        }
        // Numbers are what limits are about.
        3 | 4 if !numbers.is_empty() => {
            let number = WORDS[dice.below(37)];
            all[numbers[dice.below(numbers.len())]] = number;
        }
        _ if !all.is_empty() => {
            let at = dice.below(all.len());
            all[at] = new;
        }
        _ => {}
    }
    all.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_and_tables_are_the_text() {
        let text = "a = 1\n[b]\nx=\"é\" # no\n[[c]]\n";
        assert_eq!(pieces(text).concat(), text);
        assert_eq!(tables(text), ["a = 1\n", "[b]\nx=\"é\" # no\n", "[[c]]\n"]);
        assert_eq!(pieces("ab 12-c"), ["ab", " ", "12", "-", "c"]);
    }

    #[test]
    fn a_splice_of_nothing_comes_back() {
        let mut dice = Dice(1);
        for _ in 0..500 {
            spliced("", "", &mut dice);
            changed(&[], &mut dice);
        }
    }
}
