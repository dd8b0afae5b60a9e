//! What is found, and what is not.

use super::{TwinIndex, clusters};

#[test]
fn a_copy_is_found_as_exact_whatever_its_case_and_marks() {
    let mut index = TwinIndex::new();
    assert_eq!(index.nearest("The king rode out."), None);
    index.insert("ex_1", "The king rode out. He didn't come back.");
    index.insert("ex_2", "the king rode out he didn’t come back");
    let twin = index.nearest("THE KING rode out; he didn't come back!").unwrap();
    assert_eq!((twin.id, twin.similarity, twin.exact), ("ex_1", 1.0, true));
}

#[test]
fn clusters_join_what_is_similar_through_others() {
    let texts = ["a b c d e f", "x y z", "a b c d e g", "A, b c d e f!", "q"];
    assert_eq!(clusters(texts, 0.5), [vec![0, 2, 3]]);
    assert_eq!(clusters(texts, 0.9), [vec![0, 3]]);
}
