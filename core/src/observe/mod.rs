//! What a policy is given: encoders that write in place, the own vector, masks. One file each.
//!
//! **Invariant.** Reads only what the role may see; labels and unseen channels never enter.

mod group;
mod mask;
mod own;
mod rgb;
mod text;
mod whole;
mod window;

pub use group::{Group, Out};
pub(crate) use mask::is_legal;
pub use own::{OwnField, own_fields};
pub use rgb::TILE;
pub use text::text;
pub use whole::{chart, picture};

use crate::ids::{RoleId, Slot};
use crate::scenario::Compiled;
use crate::state::{BODY_ON_MAP, Isa, Role, ShardParts, Table, Word};

/// How observations are encoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Encoding {
    /// `u8[H,W,8]`: the cell words of the window.
    #[default]
    Symbolic,
    /// `u8[H,W,2]`: top look code of item, solid, mark, floor; agent look byte.
    Codes,
    /// `u8[H·8,W·8,3]`: generated tiles of 8 × 8 pixels.
    Rgb,
    /// UTF-8 text blocks, see `text.rs`; fetched by a call, never written into a buffer.
    Text,
    /// Nothing.
    None,
}

impl Encoding {
    /// All encodings with their names in calls.
    pub const ALL: [(&'static str, Self); 5] = [
        ("symbolic", Self::Symbolic),
        ("codes", Self::Codes),
        ("rgb", Self::Rgb),
        ("text", Self::Text),
        ("none", Self::None),
    ];
    /// The encoding of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(n, _)| *n == name).map(|(_, e)| *e)
    }
    /// Shape of one observation; empty where nothing is written.
    pub fn shape(self, role: &Role) -> Vec<usize> {
        let (h, w) = role.window();
        match self {
            Self::Symbolic => vec![h, w, 8],
            Self::Codes => vec![h, w, 2],
            Self::Rgb => vec![h * TILE, w * TILE, 3],
            Self::Text | Self::None => Vec::new(),
        }
    }
}

/// Writes the observations of one group.
#[derive(Debug)]
pub(crate) struct Observer {
    role: RoleId,
    slots: Vec<Slot>,
    encoding: Encoding,
    obs_len: usize,
    own: Vec<OwnField>,
    n_actions: usize,
    rgb: Option<rgb::Tiles>,
}

impl Observer {
    pub(crate) fn new(table: &Table, group: &Group, encoding: Encoding) -> Self {
        Self {
            role: group.role,
            slots: group.slots.clone(),
            encoding,
            obs_len: group.obs_shape.iter().product::<usize>()
                * usize::from(!group.obs_shape.is_empty()),
            own: own_fields(table, group.role),
            n_actions: group.action_names.len(),
            rgb: (encoding == Encoding::Rgb).then(|| rgb::Tiles::new(table)),
        }
    }

    /// Observations, own vectors and masks of all arenas.
    pub(crate) fn all(&self, compiled: &Compiled, parts: &mut ShardParts<'_>, out: &mut Out<'_>) {
        if !out.obs.is_empty() {
            self.windows(parts, 0, parts.arenas.n, out.obs);
        }
        if !out.own.is_empty() || !out.mask.is_empty() {
            for arena in 0..parts.arenas.n {
                self.own_and_mask(compiled, parts, arena, out);
            }
        }
    }

    /// Those of one arena, into the arena's place of the buffers.
    pub(crate) fn one_arena(
        &self,
        compiled: &Compiled,
        parts: &mut ShardParts<'_>,
        arena: usize,
        out: &mut Out<'_>,
    ) {
        if !out.obs.is_empty() {
            self.windows(parts, arena, arena + 1, out.obs);
        }
        self.own_and_mask(compiled, parts, arena, out);
    }

    /// The observation of the group's only slot in one arena, into a buffer of its own.
    pub(crate) fn window_of(&self, parts: &mut ShardParts<'_>, arena: usize, out: &mut [u8]) {
        self.windows_into(parts, arena, arena + 1, out);
    }

    fn windows(&self, parts: &mut ShardParts<'_>, from: usize, to: usize, out: &mut [u8]) {
        let bytes = self.slots.len() * self.obs_len;
        self.windows_into(parts, from, to, &mut out[from * bytes..to * bytes]);
    }

    fn windows_into(&self, parts: &mut ShardParts<'_>, from: usize, to: usize, out: &mut [u8]) {
        if self.obs_len == 0 {
            return;
        }
        let isa = Isa::default();
        isa.0.dispatch(window::Windows {
            table: parts.table,
            role: &parts.table.roles[self.role.index()],
            slots: &self.slots,
            encoding: self.encoding,
            tiles: self.rgb.as_ref(),
            words: parts.arenas.words(),
            pos: &*parts.agents.pos,
            facing: &*parts.agents.facing,
            status: &*parts.agents.status,
            from,
            to,
            out,
        });
    }

    fn own_and_mask(
        &self,
        compiled: &Compiled,
        parts: &mut ShardParts<'_>,
        arena: usize,
        out: &mut Out<'_>,
    ) {
        let one = parts.arena(arena);
        for (i, &slot) in self.slots.iter().enumerate() {
            let row = arena * self.slots.len() + i;
            if !out.own.is_empty() {
                let n = self.own.len();
                own::write(&one, slot, &self.own, &mut out.own[row * n..(row + 1) * n]);
            }
            if !out.mask.is_empty() {
                let mask = &mut out.mask[row * self.n_actions..(row + 1) * self.n_actions];
                mask::write(compiled, &one, slot.index(), mask);
            }
        }
    }
}

/// The cells of a slot's window, row by row, as the role sees them: turned and with relative facings where windows turn. Nothing
/// while the agent has no body on the map. What bots with `senses = "view"`, text and pictures read.
pub fn window(
    table: &Table,
    role: &Role,
    words: &[Word],
    cell: crate::ids::Cell,
    facing: u8,
    out: &mut Vec<Word>,
) {
    let (h, w) = role.window();
    out.clear();
    out.resize(h * w, Word::default());
    window::view(table, role, words, cell.index(), facing, out);
}

/// Whether a slot sees anything: it has a body on the map.
pub fn sees(status: u8) -> bool {
    status & BODY_ON_MAP != 0
}
