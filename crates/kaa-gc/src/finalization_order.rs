//! In which order unreached objects are finalized: owners before what they own, cycles and unrelated objects in order
//! of registration.
//!
//! Input: the graph of unreached objects from the candidates on. Output: the candidates, sorted. Linear in the graph
//! (strongly connected components, then Kahn's algorithm over them), without recursion.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::hash::BuildHasherDefault;

use crate::header::{Object, Word};
use crate::heap::Heap;
use crate::weak::AddressHasher;

/// A directed graph in compressed rows; nodes `0..candidates` are the candidates in order of registration.
#[derive(Default)]
pub(crate) struct Graph {
    first_edge: Vec<u32>,
    edges: Vec<u32>,
}

impl Graph {
    pub fn nodes(&self) -> usize {
        self.first_edge.len()
    }

    /// Adds the next node with its edges.
    pub fn push(&mut self, targets: impl IntoIterator<Item = u32>) {
        self.first_edge.push(self.edges.len() as u32);
        self.edges.extend(targets);
    }

    fn targets(&self, node: u32) -> &[u32] {
        let start = self.first_edge[node as usize] as usize;
        let end = self.first_edge.get(node as usize + 1).map_or(self.edges.len(), |&end| end as usize);
        &self.edges[start..end]
    }

    /// The component of each node, and the number of components (Tarjan).
    fn components(&self) -> (Vec<u32>, usize) {
        const NEW: u32 = u32::MAX;
        let nodes = self.nodes();
        let (mut order, mut low, mut component) = (vec![NEW; nodes], vec![0; nodes], vec![NEW; nodes]);
        let (mut open, mut path) = (Vec::new(), Vec::new());
        let (mut entered, mut components) = (0, 0);
        for root in 0..nodes as u32 {
            if order[root as usize] != NEW {
                continue;
            }
            path.push((root, 0));
            while let Some((node, next)) = path.pop() {
                let at = node as usize;
                if next == 0 {
                    order[at] = entered;
                    low[at] = entered;
                    entered += 1;
                    open.push(node);
                } else {
                    // Back from the target before.
                    let target = self.targets(node)[next - 1] as usize;
                    if component[target] == NEW {
                        low[at] = low[at].min(low[target]);
                    }
                }
                if let Some(&target) = self.targets(node).get(next) {
                    path.push((node, next + 1));
                    if order[target as usize] == NEW {
                        path.push((target, 0));
                    } else if component[target as usize] == NEW {
                        // Not descended into: coming back takes the minimum with its `low`, which is on the stack too.
                        low[at] = low[at].min(order[target as usize]);
                    }
                    continue;
                }
                if low[at] == order[at] {
                    while let Some(member) = open.pop() {
                        component[member as usize] = components;
                        if member == node {
                            break;
                        }
                    }
                    components += 1;
                }
            }
        }
        (component, components as usize)
    }

    /// The first `candidates` nodes, owners before owned.
    pub fn order(&self, candidates: usize) -> Vec<u32> {
        let (component, components) = self.components();
        let mut members = vec![Vec::new(); components];
        for node in 0..candidates as u32 {
            members[component[node as usize] as usize].push(node);
        }
        let mut nodes_of = vec![Vec::new(); components];
        let mut owners = vec![0u32; components];
        for node in 0..self.nodes() as u32 {
            let from = component[node as usize];
            nodes_of[from as usize].push(node);
            for &target in self.targets(node) {
                let to = component[target as usize];
                owners[to as usize] += (to != from) as u32;
            }
        }
        // Components without candidates come out at once, others by their first candidate.
        let rank = |component: u32| Reverse((members[component as usize].first().map_or(0, |&n| n + 1), component));
        let mut ready: BinaryHeap<_> = (0..components as u32).filter(|&c| owners[c as usize] == 0).map(rank).collect();
        let mut ordered = Vec::with_capacity(candidates);
        while let Some(Reverse((_, current))) = ready.pop() {
            ordered.extend_from_slice(&members[current as usize]);
            for &node in &nodes_of[current as usize] {
                for &target in self.targets(node) {
                    let to = component[target as usize];
                    if to != current {
                        owners[to as usize] -= 1;
                        if owners[to as usize] == 0 {
                            ready.push(rank(to));
                        }
                    }
                }
            }
        }
        debug_assert_eq!(ordered.len(), candidates);
        ordered
    }
}

impl Heap {
    /// Sorts unreached objects, given in order of registration.
    pub(crate) fn finalization_order(&mut self, candidates: &[Word], full: bool) -> Vec<Word> {
        let mut nodes: Vec<Word> = candidates.to_vec();
        let mut numbers: HashMap<Word, u32, BuildHasherDefault<AddressHasher>> =
            nodes.iter().zip(0..).map(|(&word, number)| (word, number)).collect();
        let mut graph = Graph::default();
        let mut referents = Vec::new();
        while graph.nodes() < nodes.len() {
            referents.clear();
            let object = Object(nodes[graph.nodes()] as usize);
            referents.extend(Some(self.shape_owner(object.header())).filter(|&owner| owner != 0));
            self.for_each_strong_slot(object, &mut |slot| {
                // SAFETY: trace functions show valid slots.
                referents.push(unsafe { *slot });
            });
            referents.retain(|&word| self.survivor(Object(word as usize), full).is_none());
            graph.push(referents.iter().map(|&word| {
                *numbers.entry(word).or_insert_with(|| {
                    nodes.push(word);
                    nodes.len() as u32 - 1
                })
            }));
        }
        graph.order(candidates.len()).into_iter().map(|number| candidates[number as usize]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Graph;

    fn order(candidates: usize, edges: &[&[u32]]) -> Vec<u32> {
        let mut graph = Graph::default();
        edges.iter().for_each(|targets| graph.push(targets.iter().copied()));
        graph.order(candidates)
    }

    #[test]
    fn owners_come_first() {
        assert_eq!(order(3, &[&[], &[0], &[1]]), [2, 1, 0]);
        assert_eq!(order(3, &[&[], &[], &[]]), [0, 1, 2]);
        // 0 owns 2 through a plain object, 1 is alone.
        assert_eq!(order(3, &[&[3], &[], &[], &[2]]), [0, 1, 2]);
        // 2 owns 0 through a plain object.
        assert_eq!(order(3, &[&[], &[], &[3], &[0]]), [1, 2, 0]);
    }

    #[test]
    fn cycles_go_by_registration() {
        assert_eq!(order(3, &[&[1], &[2], &[0]]), [0, 1, 2]);
        assert_eq!(order(4, &[&[1], &[0], &[0], &[1]]), [2, 3, 0, 1]);
        // A plain cycle in between, and an edge to itself.
        assert_eq!(order(2, &[&[0], &[2], &[3], &[2, 0]]), [1, 0]);
    }

    #[test]
    fn long_chains_do_not_recurse() {
        let mut graph = Graph::default();
        let length = 200_000;
        (0..length).for_each(|node| graph.push((node > 0).then(|| node - 1)));
        let expected: Vec<u32> = (0..length).rev().collect();
        assert_eq!(graph.order(length as usize), expected);
    }
}
