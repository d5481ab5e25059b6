//! Tiles that are kept elsewhere say the same as a log in memory, and as another implementation.

use audit::{Growing, Log, Question, TileId, published};
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sha2::Sha256;
use std::collections::BTreeMap;
use tlog_tiles::{check_record, check_tree, record_hash};

/// Tiles as a database keeps them.
type Kept = BTreeMap<TileId, Vec<u8>>;

/// Appends records in one go; gives the root.
fn append(kept: &mut Kept, size: u64, records: &[Vec<u8>]) -> [u8; 32] {
    let needs = Growing::needs(size);
    let mut growing = Growing::new(size, |id| {
        assert!(needs.contains(&id), "it reads what it said: {id:?}");
        kept.get(&id).cloned()
    })
    .unwrap();
    records.iter().for_each(|record| growing.append(record_hash(record)));
    assert_eq!(growing.size(), size + records.len() as u64);
    let root = growing.root();
    for (id, tile) in growing.changed() {
        let before = kept.insert(id, tile);
        assert!(kept[&id].starts_with(&before.unwrap_or_default()), "a tile only grows: {id:?}");
    }
    root.0
}

fn records(random: &mut StdRng, count: u64) -> Vec<Vec<u8>> {
    (0..count).map(|_| random.random::<[u8; 8]>().to_vec()).collect()
}

#[test]
fn appended_in_batches_of_any_size_the_roots_are_the_same() {
    let mut random = StdRng::seed_from_u64(11);
    for longest in [3, 300, 1_500] {
        let (mut kept, mut log) = (Kept::new(), Log::new());
        let mut other = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        for _ in 0..60 {
            let count = random.random_range(0..longest);
            let new = records(&mut random, count);
            let root = append(&mut kept, log.size(), &new);
            for record in new {
                log.append(record.clone()).unwrap();
                other.push(record);
            }
            assert_eq!(root, log.root(log.size()).unwrap().0, "{}", log.size());
            assert_eq!(root, *other.root().as_bytes().as_slice(), "{}", log.size());
        }
    }
}

#[test]
fn a_log_of_three_levels_is_the_same() {
    let mut random = StdRng::seed_from_u64(12);
    let (mut kept, mut log) = (Kept::new(), Log::new());
    for count in [65_535, 1, 1, 255, 4_000] {
        let new = records(&mut random, count);
        let root = append(&mut kept, log.size(), &new);
        new.into_iter().for_each(|record| log.append(record).unwrap());
        assert_eq!(root, log.root(log.size()).unwrap().0, "{}", log.size());
    }
    assert!(kept.contains_key(&TileId { level: 2, number: 0 }));
}

#[test]
fn proofs_from_tiles_are_those_of_the_log() {
    let mut random = StdRng::seed_from_u64(13);
    let (mut kept, mut log) = (Kept::new(), Log::new());
    let new = records(&mut random, 70_000);
    append(&mut kept, 0, &new);
    new.iter().for_each(|record| log.append(record.clone()).unwrap());
    for _ in 0..500 {
        let size = random.random_range(1..=log.size());
        let (seq, old) = (random.random_range(0..size), random.random_range(1..=size));
        let root = log.root(size).unwrap();
        let inclusion = answer(Question::Inclusion { seq, size }, &kept);
        assert_eq!(inclusion, log.prove_inclusion(seq, size).unwrap(), "{seq} in {size}");
        check_record(&inclusion, size, root, seq, record_hash(&new[seq as usize])).unwrap();
        let consistency = answer(Question::Consistency { old, new: size }, &kept);
        assert_eq!(consistency, log.prove_consistency(old, size).unwrap(), "{old} in {size}");
        check_tree(&consistency, size, root, old, log.root(old).unwrap()).unwrap();
    }
    assert!(Question::Inclusion { seq: 7, size: 7 }.tiles().is_err());
    assert!(Question::Consistency { old: 0, new: 7 }.tiles().is_err());
    assert!(Question::Consistency { old: 8, new: 7 }.tiles().is_err());
}

/// Reads no more of any tile than there was of it at that size.
fn answer(question: Question, kept: &Kept) -> Vec<tlog_tiles::Hash> {
    let read = |id: TileId| (id, kept[&id][..question.width(id) as usize * 32].to_vec());
    let tiles: Kept = question.tiles().unwrap().into_iter().map(read).collect();
    assert!(tiles.len() <= 6, "few are read: {tiles:?}");
    question.answer(&tiles).unwrap()
}

#[test]
fn a_tile_that_is_missing_or_short_is_refused() {
    let mut kept = Kept::new();
    append(&mut kept, 0, &records(&mut StdRng::seed_from_u64(14), 300));
    assert!(Growing::new(300, |_| None).is_err());
    assert!(Growing::new(301, |id| kept.get(&id).cloned()).is_err());
    assert!(Growing::new(300, |id| kept.get(&id).cloned()).is_ok());
    assert!(Question::Inclusion { seq: 0, size: 300 }.answer(&Kept::new()).is_err());
}

#[test]
fn all_that_is_published_is_named_once_and_the_checkpoint_last() {
    let parts: Vec<_> = published(300, 520).iter().map(ToString::to_string).collect();
    let expected =
        ["tile/0/001", "tile/entries/001", "tile/0/002.p/8", "tile/entries/002.p/8", "tile/1/000.p/2", "checkpoint"];
    assert_eq!(parts, expected);
}
