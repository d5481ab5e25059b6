//! Whatever is changed in what was published is found.

use crate::sample::{checkpoint, keys, leaf, log, pair, publish};
use audit::{Failure, Files, Keys, Log, Proof, SigningPair, Tampered, verify};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// `NORTHSTAR_AUDIT_TAMPERINGS` sets how many; CI tries fewer than a night may.
#[expect(clippy::disallowed_methods, reason = "how long to look is for who runs it to say")]
fn tamperings() -> u64 {
    std::env::var("NORTHSTAR_AUDIT_TAMPERINGS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000)
}

#[track_caller]
fn tampered(files: &Files) -> Tampered {
    match verify(files, &keys(), None) {
        Err(Failure::Tampered(how)) => how,
        Ok(_) => panic!("it was not found"),
        Err(other) => panic!("{other:?}"),
    }
}

fn published(size: u64) -> (TempDir, Files, Log) {
    let (home, log) = (TempDir::new().unwrap(), log(size));
    let files = publish(&log, home.path());
    (home, files, log)
}

#[test]
fn a_log_holds() {
    for size in [0, 1, 2, 255, 256, 257, 600] {
        let (_home, files, log) = published(size);
        let verified = verify(&files, &keys(), None).unwrap();
        assert_eq!((verified.checkpoint.size, verified.leaves.len() as u64), (size, size));
        let since = checkpoint(&log, size / 2);
        verify(&files, &keys(), Some(&since)).unwrap();
    }
}

#[test]
fn a_log_may_be_published_bit_by_bit() {
    let home = TempDir::new().unwrap();
    let files = Files::new(home.path());
    let mut log = Log::new();
    for seq in 0..700 {
        let old = log.size();
        log.append(leaf(seq).to_bytes().unwrap()).unwrap();
        log.write(&files, old).unwrap();
    }
    files.write_checkpoint(&checkpoint(&log, 700).sign(&pair()).unwrap()).unwrap();
    assert_eq!(verify(&files, &keys(), None).unwrap().leaves.len(), 700);
}

/// Every file below a folder, in a stable order.
fn paths(home: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = Vec::new();
    let mut folders = vec![home.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { paths.push(path) }
        }
    }
    paths.sort();
    paths
}

#[test]
fn whatever_is_changed_is_found() {
    let (home, files, _) = published(600);
    let paths = paths(home.path());
    let mut random = StdRng::seed_from_u64(1);
    for number in 0..tamperings() {
        let path = &paths[random.random_range(0..paths.len())];
        let original = fs::read(path).unwrap();
        let mut changed = original.clone();
        let at = random.random_range(0..original.len());
        match random.random_range(0..5) {
            0 => changed[at] ^= 1 << random.random_range(0..8),
            1 => changed.truncate(at),
            2 => changed.insert(at, random.random()),
            3 => drop(changed.remove(at)),
            _ => {
                let with = random.random_range(0..original.len());
                changed.swap(at, with);
            }
        }
        if changed == original {
            continue;
        }
        fs::write(path, &changed).unwrap();
        let outcome = verify(&files, &keys(), None);
        assert!(matches!(outcome, Err(Failure::Tampered(_))), "{number}: {} at {at}: {outcome:?}", path.display());
        fs::write(path, &original).unwrap();
    }
    verify(&files, &keys(), None).unwrap();
}

/// A log that holds in itself, signed by whoever holds the key, of other records from `seq` on.
fn rewritten(size: u64, seq: u64) -> Log {
    let mut log = Log::new();
    for number in 0..size {
        let mut leaf = leaf(number);
        if number >= seq {
            leaf.outcome = "forged".into();
        }
        log.append(leaf.to_bytes().unwrap()).unwrap();
    }
    log
}

#[test]
fn the_first_bad_record_is_named() {
    let (home, files, _) = published(600);
    let forged = rewritten(600, 300);
    let bundle = TempDir::new().unwrap();
    publish(&forged, bundle.path());
    let name = "tile/entries/001";
    fs::copy(bundle.path().join(name), home.path().join(name)).unwrap();
    assert_eq!(tampered(&files).first_bad_seq(), Some(300));
    let name = "tile/0/001";
    fs::copy(bundle.path().join(name), home.path().join(name)).unwrap();
    assert_eq!(tampered(&files).first_bad_seq(), Some(256), "the tile above says of which tile");
    fs::remove_file(home.path().join("tile/entries/002.p/88")).unwrap();
    assert_eq!(tampered(&files).first_bad_seq(), Some(512));
}

#[test]
fn a_rewritten_history_is_found_by_who_kept_a_checkpoint() {
    let honest = log(300);
    let kept = checkpoint(&honest, 200);
    for (size, seq) in [(300, 0), (300, 199), (150, 150)] {
        let home = TempDir::new().unwrap();
        let files = publish(&rewritten(size, seq), home.path());
        verify(&files, &keys(), None).unwrap();
        let outcome = verify(&files, &keys(), Some(&kept));
        assert!(matches!(outcome, Err(Failure::Tampered(Tampered::Rewritten { size: 200 }))), "{size} {seq}");
    }
    let home = TempDir::new().unwrap();
    verify(&publish(&rewritten(300, 200), home.path()), &keys(), Some(&kept)).unwrap();
}

#[test]
fn another_key_is_not_believed() {
    let (_home, files, log) = published(3);
    let other = SigningPair::from_seed("northstar.test", &[8; 32]);
    files.write_checkpoint(&checkpoint(&log, 3).sign(&other).unwrap()).unwrap();
    assert!(matches!(tampered(&files), Tampered::Checkpoint(_)));
    // While keys are changed, both are believed.
    let both = Keys::new([pair().vkey().to_owned(), other.vkey().to_owned()]).unwrap();
    verify(&files, &both, None).unwrap();
}

#[test]
fn a_proof_needs_nothing_else() {
    let log = log(300);
    let note = checkpoint(&log, 300).sign(&pair()).unwrap();
    for seq in [0, 1, 255, 256, 299] {
        let hashes = log.prove_inclusion(seq, 300).unwrap();
        let proof = Proof { record: leaf(seq).to_bytes().unwrap(), seq, hashes, note: note.clone() };
        let read = Proof::from_text(&proof.to_text()).unwrap();
        assert_eq!(read, proof);
        assert_eq!(read.check(&keys()).unwrap().0, leaf(seq));
        let mut forged = leaf(seq);
        forged.outcome = "forged".into();
        let forged = Proof { record: forged.to_bytes().unwrap(), ..proof.clone() };
        assert!(forged.check(&keys()).is_err());
        assert!(Proof { seq: (seq + 1) % 300, ..proof }.check(&keys()).is_err());
    }
    for text in ["", "c2sp.org/tlog-proof@v1\n", "c2sp.org/tlog-proof@v1\nextra !\nindex 0\n\nx", "x\n\ny"] {
        assert!(Proof::from_text(text).is_err(), "{text:?}");
    }
}
