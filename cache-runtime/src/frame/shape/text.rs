//! The canonical text of a shape.
//!
//! Nodes are numbered breadth first from the root, so the text does not depend on the order in
//! which passes found them. Every name is quoted and every list bracketed: two graphs that differ
//! have texts that differ.

use std::collections::VecDeque;
use std::fmt::Write;

use super::graph::{Alternative, Graph, Kind, Node, NodeId, State};

/// Bumped when the text changes for the same type.
const FORMAT: &str = "shape 1";

pub(super) fn canonical(graph: &Graph, root: Option<NodeId>) -> String {
    let mut numbering = Numbering {
        numbers: vec![None; graph.nodes.len()],
        queue: VecDeque::new(),
        next: 0,
    };
    let mut out = String::from(FORMAT);
    if let Some(root) = root {
        numbering.number(graph, root);
    }
    while let Some(node) = numbering.queue.pop_front() {
        let node = &graph.nodes[node];
        out.push('\n');
        out.push_str(&head(node));
        for alternative in &node.alternatives {
            out.push_str(" |");
            parts(&mut out, graph, &mut numbering, alternative);
        }
    }
    out
}

struct Numbering {
    numbers: Vec<Option<usize>>,
    queue: VecDeque<NodeId>,
    next: usize,
}

impl Numbering {
    fn number(&mut self, graph: &Graph, node: NodeId) -> String {
        // Leaves stand where they are used: which visitor asked makes no difference to them.
        if let Kind::Leaf(_) = graph.nodes[node].kind {
            if self.next == 0 {
                self.queue.push_back(node);
            }
            return head(&graph.nodes[node]);
        }
        let number = self.numbers[node].unwrap_or_else(|| {
            self.queue.push_back(node);
            self.next += 1;
            self.numbers[node] = Some(self.next);
            self.next
        });
        format!("#{number}")
    }
}

/// What a node asks for. `Debug` of these is the derive's, over names that this crate chose, and
/// quotes and escapes every string; a test pins it.
fn head(node: &Node) -> String {
    let mut head = match node.kind {
        Kind::Leaf(leaf) => format!("{leaf:?}{:?}", node.expects),
        kind => format!("{kind:?}"),
    };
    if !node.called.is_empty() {
        let _ = write!(head, " as {:?}", node.called);
    }
    head
}

fn parts(out: &mut String, graph: &Graph, numbering: &mut Numbering, alternative: &Alternative) {
    let _ = write!(out, "{:?}", alternative.form);
    if !matches!(alternative.state, State::Done(_)) {
        out.push('?');
    }
    for part in &alternative.parts {
        out.push(' ');
        out.push_str(&numbering.number(graph, *part));
    }
}
