//! The one registry of columns: what a snapshot holds, a fork copies, a hash covers, a reset clears and a difference names.

use bevy_ecs::component::{Component, ComponentId, Mutable};
use bevy_ecs::entity::Entity;
use bevy_ecs::query::{QueryState, With, Without};
use bevy_ecs::resource::Resource;
use bevy_ecs::world::World;

use super::agents::Agent;
use super::table::Table;

/// A component of the agent archetype that is state.
pub trait AgentColumn: Component<Mutability = Mutable> + Copy + Default {
    /// Name in differences and golden traces.
    const NAME: &'static str;
    /// Bytes of one agent.
    const BYTES: usize;
    /// Writes the value, little endian, into exactly [`Self::BYTES`] bytes.
    fn write(&self, out: &mut [u8]);
    /// Reads the value back.
    fn read(bytes: &[u8]) -> Self;
    /// Whether the value stays when a round begins; see [`ArenaColumn::stays`].
    const STAYS: bool = false;
    /// Whether the value may stand in a state with these bounds; a snapshot that breaks one is refused.
    fn is_valid(&self, _table: &Table) -> bool {
        true
    }
}

/// A part of a resource that is state, arena-major.
pub trait ArenaColumn: Send + Sync + 'static {
    /// Name in differences and golden traces.
    fn name(&self) -> &'static str;
    /// Bytes of one arena.
    fn bytes(&self, world: &World) -> usize;
    /// Writes the arena's part, little endian.
    fn save(&mut self, world: &World, arena: usize, out: &mut [u8]);
    /// Reads it back; `false` when a value is out of bounds.
    fn load(&mut self, world: &mut World, arena: usize, bytes: &[u8]) -> bool;
    /// Whether the column is part of the state's identity; derived columns are copied, but not hashed.
    fn canonical(&self) -> bool {
        true
    }
    /// Whether the column stays as it is when a round begins: what belongs to the episode, not to the world that is set up anew.
    fn stays(&self) -> bool {
        false
    }
    /// Sets to zero, in saved bytes, what the hash leaves out.
    fn blank(&self, _bytes: &mut [u8]) {}
}

/// Whole numbers that a mechanic keeps in a resource of its own, arena after arena, so many for each arena.
pub struct Numbers<R> {
    /// Name of the column.
    pub name: &'static str,
    /// Numbers of one arena.
    pub per_arena: usize,
    /// Which of the resource's lists: the number of an instance.
    pub index: usize,
    /// The list, for reading.
    pub of: fn(&R, usize) -> &[u32],
    /// The list, for writing.
    pub of_mut: fn(&mut R, usize) -> &mut [u32],
}

impl<R: Resource<Mutability = Mutable>> ArenaColumn for Numbers<R> {
    fn name(&self) -> &'static str {
        self.name
    }
    fn bytes(&self, _world: &World) -> usize {
        4 * self.per_arena
    }
    fn save(&mut self, world: &World, arena: usize, out: &mut [u8]) {
        let all = (self.of)(world.resource::<R>(), self.index);
        let part = &all[arena * self.per_arena..(arena + 1) * self.per_arena];
        for (value, bytes) in part.iter().zip(out.chunks_exact_mut(4)) {
            bytes.copy_from_slice(&value.to_le_bytes());
        }
    }
    fn load(&mut self, world: &mut World, arena: usize, bytes: &[u8]) -> bool {
        let mut resource = world.resource_mut::<R>();
        let all = (self.of_mut)(&mut resource, self.index);
        let part = &mut all[arena * self.per_arena..(arena + 1) * self.per_arena];
        for (value, bytes) in part.iter_mut().zip(bytes.as_chunks::<4>().0) {
            *value = u32::from_le_bytes(*bytes);
        }
        true
    }
}

struct OfAgents<C: AgentColumn> {
    read: QueryState<&'static C, With<Agent>>,
    write: QueryState<&'static mut C, With<Agent>>,
}

impl<C: AgentColumn> ArenaColumn for OfAgents<C> {
    fn name(&self) -> &'static str {
        C::NAME
    }
    fn bytes(&self, world: &World) -> usize {
        world.resource::<Table>().n_slots() * C::BYTES
    }
    fn save(&mut self, world: &World, arena: usize, out: &mut [u8]) {
        let n = out.len() / C::BYTES;
        let Some(rows) = self
            .read
            .contiguous_iter(world)
            .ok()
            .and_then(|mut tables| tables.next())
        else {
            return;
        };
        for (value, bytes) in rows[arena * n..].iter().zip(out.chunks_exact_mut(C::BYTES)) {
            value.write(bytes);
        }
    }
    fn load(&mut self, world: &mut World, arena: usize, bytes: &[u8]) -> bool {
        let n = bytes.len() / C::BYTES;
        let valid = {
            let table = world.resource::<Table>();
            bytes
                .chunks_exact(C::BYTES)
                .all(|b| C::read(b).is_valid(table))
        };
        if !valid {
            return false;
        }
        let Some(mut rows) = self
            .write
            .contiguous_iter_mut(world)
            .ok()
            .and_then(|mut tables| tables.next())
        else {
            return n == 0;
        };
        let rows = rows.bypass_change_detection();
        for (value, bytes) in rows[arena * n..]
            .iter_mut()
            .zip(bytes.chunks_exact(C::BYTES))
        {
            *value = C::read(bytes);
        }
        true
    }
    fn stays(&self) -> bool {
        C::STAYS
    }
}

/// What a column is, for pages and golden traces.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ColumnInfo {
    /// Name.
    pub name: &'static str,
    /// Bytes of one arena.
    pub bytes: usize,
    /// Whether it is hashed.
    pub canonical: bool,
}

/// All columns of a shard's World, in the order of registration, which is the order of the hash.
#[derive(Default)]
pub struct ColumnRegistry {
    columns: Vec<(Box<dyn ArenaColumn>, usize)>,
    components: Vec<ComponentId>,
    scratch: Vec<u8>,
}

impl ColumnRegistry {
    /// Registers a component of the agents, and gives it to those that lack it. Only while a shard is built: it moves them to
    /// another table, row after row, so that they keep their order.
    pub fn add_agents<C: AgentColumn>(&mut self, world: &mut World) {
        let id = world.register_component::<C>();
        if self.components.contains(&id) {
            return;
        }
        self.components.push(id);
        let lacking: Vec<Entity> = world
            .query_filtered::<Entity, (With<Agent>, Without<C>)>()
            .iter(world)
            .collect();
        for agent in lacking {
            world.entity_mut(agent).insert(C::default());
        }
        let column = OfAgents::<C> {
            read: world.query_filtered(),
            write: world.query_filtered(),
        };
        self.add(world, column);
    }
    /// Registers a part of a resource; `resource` names the component that holds it, for the test that nothing is left out.
    pub fn add(&mut self, world: &World, column: impl ArenaColumn) {
        let bytes = column.bytes(world);
        self.columns.push((Box::new(column), bytes));
        self.scratch.resize(self.scratch.len().max(bytes), 0);
    }
    /// The registered agent components.
    pub fn components(&self) -> &[ComponentId] {
        &self.components
    }
    /// What there is.
    pub fn infos(&self) -> Vec<ColumnInfo> {
        let info = |(c, bytes): &(Box<dyn ArenaColumn>, usize)| ColumnInfo {
            name: c.name(),
            bytes: *bytes,
            canonical: c.canonical(),
        };
        self.columns.iter().map(info).collect()
    }
    /// Bytes of one arena, all columns.
    pub fn bytes(&self) -> usize {
        self.columns.iter().map(|(_, bytes)| bytes).sum()
    }
    /// Writes all columns of an arena into exactly [`Self::bytes`] bytes.
    pub fn save(&mut self, world: &World, arena: usize, out: &mut [u8]) {
        let mut rest = out;
        for (column, bytes) in &mut self.columns {
            let (part, tail) = rest.split_at_mut(*bytes);
            column.save(world, arena, part);
            rest = tail;
        }
    }
    /// Reads all columns of an arena back; the name of the first that holds a value out of bounds otherwise. The arena's state
    /// is then mixed and must be loaded again or reset.
    pub fn load(
        &mut self,
        world: &mut World,
        arena: usize,
        mut from: &[u8],
    ) -> Result<(), &'static str> {
        for (column, bytes) in &mut self.columns {
            let (part, tail) = from.split_at(*bytes);
            if !column.load(world, arena, part) {
                return Err(column.name());
            }
            from = tail;
        }
        Ok(())
    }
    /// Feeds the canonical columns of an arena, in order, to `each(name, bytes)`.
    pub fn canonical(
        &mut self,
        world: &World,
        arena: usize,
        mut each: impl FnMut(&'static str, &[u8]),
    ) {
        let mut scratch = std::mem::take(&mut self.scratch);
        for (column, bytes) in &mut self.columns {
            if column.canonical() {
                let part = &mut scratch[..*bytes];
                column.save(world, arena, part);
                column.blank(part);
                each(column.name(), part);
            }
        }
        self.scratch = scratch;
    }
    /// Sets all columns of an arena to zero.
    pub fn clear(&mut self, world: &mut World, arena: usize) {
        self.zero(world, arena, |_| true);
    }
    /// Sets to zero the columns of an arena that do not stay over rounds.
    pub fn clear_round(&mut self, world: &mut World, arena: usize) {
        self.zero(world, arena, |column| !column.stays());
    }
    fn zero(&mut self, world: &mut World, arena: usize, which: impl Fn(&dyn ArenaColumn) -> bool) {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.fill(0);
        for (column, bytes) in &mut self.columns {
            if which(column.as_ref()) {
                column.load(world, arena, &scratch[..*bytes]);
            }
        }
        self.scratch = scratch;
    }
}

impl std::fmt::Debug for ColumnRegistry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.infos()).finish()
    }
}
