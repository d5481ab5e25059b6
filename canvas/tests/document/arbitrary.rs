//! Operations as proptest makes them: few names and small numbers, so that they often meet.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::Value;
use subjects::document::Op;
use subjects::ids::AtomId;

/// Commands one after another, most of one or two operations.
pub(crate) fn commands() -> impl Strategy<Value = Vec<Vec<Op>>> {
    vec(prop_oneof![3 => vec(op(), 1..3), 1 => vec(op(), 0..12)], 1..60)
}

/// One operation; about half are valid on a document that such operations led to.
pub(crate) fn op() -> impl Strategy<Value = Op> {
    let tokens = btree_map(path(), value(), 1..3);
    let add = (atom_id(), option::of(atom_id()), 0_usize..2, tokens);
    let place = (atom_id(), option::of(atom_id()), 0_usize..3);
    let span = (atom_id(), path(), 0_usize..5, 0_usize..4, text());
    prop_oneof![
        9 => add.prop_map(|(atom_id, parent_id, index, tokens)| {
            Op::AddAtom { atom_id, parent_id, index, kind: "k".into(), tokens }
        }),
        1 => atom_id().prop_map(|atom_id| Op::RemoveAtom { atom_id }),
        3 => place.prop_map(|(atom_id, parent_id, index)| Op::MoveAtom { atom_id, parent_id, index }),
        3 => (atom_id(), path(), value())
            .prop_map(|(atom_id, path, value)| Op::SetToken { atom_id, path, value }),
        1 => (atom_id(), path()).prop_map(|(atom_id, path)| Op::UnsetToken { atom_id, path }),
        6 => (0..3, span).prop_map(text_op),
    ]
}

fn text_op((which, (atom_id, path, from, length, text)): (i32, (AtomId, String, usize, usize, String))) -> Op {
    // One before the start, now and then: a reversed range.
    let to = (from + length).saturating_sub(1);
    match which {
        0 => Op::InsertText { atom_id, path, at: from, text },
        1 => Op::DeleteRange { atom_id, path, from, to },
        _ => Op::ReplaceTextRange { atom_id, path, from, to, text },
    }
}

fn atom_id() -> impl Strategy<Value = AtomId> {
    "[a-f]".prop_map(|text| text.parse().expect("a letter is an id"))
}

fn path() -> impl Strategy<Value = String> {
    "[tu]"
}

fn text() -> impl Strategy<Value = String> {
    "[a-cé€😀𝄞\u{0}\"]{0,8}"
}

/// Mostly text, so that text operations find some.
fn value() -> impl Strategy<Value = Value> {
    prop_oneof![4 => text().prop_map(Value::from), 1 => nested()]
}

fn nested() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        text().prop_map(Value::from),
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-(1_i64 << 53)..=1 << 53).prop_map(Value::from),
        proptest::num::f64::NORMAL.prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            btree_map(text(), inner, 0..3).prop_map(|members| members.into_iter().collect()),
        ]
    })
}
