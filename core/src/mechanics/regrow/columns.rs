//! What `regrow` keeps, as columns.

use bevy_ecs::world::World;

use super::Growth;
use crate::state::{ArenaColumn, Arenas};

/// The soil of one instance, by its number.
pub(super) struct SoilColumn(pub(super) usize);

impl ArenaColumn for SoilColumn {
    fn name(&self) -> &'static str {
        super::super::column_names!("regrow.soil")[self.0.min(7)]
    }
    fn bytes(&self, world: &World) -> usize {
        world.resource::<Growth>().patches[self.0].places()
    }
    fn save(&mut self, world: &World, arena: usize, out: &mut [u8]) {
        let n = out.len();
        out.copy_from_slice(&world.resource::<Growth>().soil[self.0][arena * n..(arena + 1) * n]);
    }
    fn load(&mut self, world: &mut World, arena: usize, bytes: &[u8]) -> bool {
        let n = bytes.len();
        world.resource_mut::<Growth>().soil[self.0][arena * n..(arena + 1) * n]
            .copy_from_slice(bytes);
        // Chances and counts follow from soil and map: they are made anew before the next tick.
        world.resource_mut::<Arenas>().touched[arena].n = u16::MAX;
        bytes.iter().all(|&b| b <= 1)
    }
}

/// The countdowns of one instance, by its number.
pub(super) struct WaitColumn(pub(super) usize);

impl ArenaColumn for WaitColumn {
    fn name(&self) -> &'static str {
        super::super::column_names!("regrow.wait")[self.0.min(7)]
    }
    fn bytes(&self, world: &World) -> usize {
        2 * world.resource::<Growth>().patches[self.0].places()
    }
    fn save(&mut self, world: &World, arena: usize, out: &mut [u8]) {
        let n = out.len() / 2;
        let waits = &world.resource::<Growth>().waits[self.0][arena * n..(arena + 1) * n];
        for (out, wait) in out.chunks_exact_mut(2).zip(waits) {
            out.copy_from_slice(&wait.to_le_bytes());
        }
    }
    fn load(&mut self, world: &mut World, arena: usize, bytes: &[u8]) -> bool {
        let n = bytes.len() / 2;
        let mut growth = world.resource_mut::<Growth>();
        let most = growth.patches[self.0].delay + 1;
        let waits = &mut growth.waits[self.0][arena * n..(arena + 1) * n];
        for (wait, bytes) in waits.iter_mut().zip(bytes.as_chunks().0) {
            *wait = u16::from_le_bytes(*bytes);
        }
        waits.iter().all(|&wait| wait <= most)
    }
}

/// Whether the soil of this episode is known.
pub(super) struct SettledColumn;

impl ArenaColumn for SettledColumn {
    fn name(&self) -> &'static str {
        "regrow.settled"
    }
    fn bytes(&self, _world: &World) -> usize {
        1
    }
    fn save(&mut self, world: &World, arena: usize, out: &mut [u8]) {
        out[0] = world.resource::<Growth>().settled[arena];
    }
    fn load(&mut self, world: &mut World, arena: usize, bytes: &[u8]) -> bool {
        world.resource_mut::<Growth>().settled[arena] = bytes[0];
        bytes[0] <= 1
    }
}
