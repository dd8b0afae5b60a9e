//! Which rows are held out to judge a training by.
//!
//! Invariant: the input alone decides, by its hash. So rows that ask the same are always on the same side, and
//! a row stays on its side when others are added, taken away or put in another order.

use sha2::{Digest, Sha256};

use attune_tuning::Example;

/// From so many rows up some are held out; of fewer, each is worth more in training.
pub(crate) const FEWEST_ROWS: usize = 50;
/// One input of so many is held out. It was one of ten, of which these are multiples: what a run held out then is held
/// out still.
const ONE_OF: u64 = 5;

/// Rows to train on and rows to judge by, each in the order in which they came.
#[derive(Debug, PartialEq)]
pub(crate) struct Split {
    pub(crate) train: Vec<Example>,
    pub(crate) held_out: Vec<Example>,
    /// Why nothing is held out, where that is so.
    pub(crate) notice: Option<String>,
}

/// Holds out about one row of five. Nothing is held out of fewer than [`FEWEST_ROWS`] rows, or where all rows
/// fall on one side, as they do if they all ask the same.
pub(crate) fn split(examples: Vec<Example>) -> Split {
    let sides = examples.iter().map(|example| is_held_out(&example.input)).collect();
    to_sides(examples, sides, "their inputs differ too little")
}

/// The same where not the inputs but `prompts`, one for each row, decide: rows of one prompt are on one side however
/// they are worded.
pub(crate) fn split_by(examples: Vec<Example>, prompts: &[String]) -> Split {
    let sides = prompts.iter().map(|prompt| is_held_out(prompt)).collect();
    to_sides(examples, sides, "their prompts differ too little")
}

fn to_sides(examples: Vec<Example>, sides: Vec<bool>, why_none: &str) -> Split {
    let rows = examples.len();
    let are = if rows == 1 { "The only row is".to_owned() } else { format!("All {rows} rows are") };
    let everything = |train, why: &str| {
        let notice = format!("{are} used for training and none is held out to judge by: {why}.");
        Split { train, held_out: Vec::new(), notice: Some(notice) }
    };
    if rows < FEWEST_ROWS {
        return everything(examples, &format!("that begins with {FEWEST_ROWS} rows"));
    }
    let held_out = sides.iter().filter(|is_held_out| **is_held_out).count();
    if held_out == 0 || held_out == rows {
        return everything(examples, why_none);
    }
    let mut sides = sides.into_iter();
    let (held_out, train) = examples.into_iter().partition(|_| sides.next().unwrap_or_default());
    Split { train, held_out, notice: None }
}

/// How many of these rows [`split`] holds out.
pub(crate) fn held_out_of(examples: &[Example]) -> usize {
    let rows = examples.len();
    let held_out = examples.iter().filter(|example| is_held_out(&example.input)).count();
    if rows < FEWEST_ROWS || held_out == rows { 0 } else { held_out }
}

/// Whether this input is on the side of the rows that are held out.
pub(crate) fn is_held_out(input: &str) -> bool {
    let digest = Sha256::digest(normalised(input));
    let first = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    first % ONE_OF == 0
}

/// Inputs that differ in case and white space only are the same question.
fn normalised(input: &str) -> String {
    input.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn row(input: &str) -> Example {
        Example { input: input.to_owned(), output: format!("answer to {input}") }
    }

    fn rows(count: usize) -> Vec<Example> {
        (0..count).map(|number| row(&format!("Question {number}?"))).collect()
    }

    fn inputs(examples: &[Example]) -> HashSet<&str> {
        examples.iter().map(|example| example.input.as_str()).collect()
    }

    #[test]
    fn about_a_fifth_is_held_out_and_no_row_is_lost() {
        let split = split(rows(2000));
        assert!((340..460).contains(&split.held_out.len()), "{}", split.held_out.len());
        assert_eq!(split.train.len() + split.held_out.len(), 2000);
        assert_eq!(split.notice, None);
    }

    #[test]
    fn rows_of_one_prompt_are_on_one_side_however_they_are_worded() {
        let styles = ["Be brief.", "Be slow.", "Be loud."];
        let prompts: Vec<String> = (0..40).map(|number| format!("Prompt {number}")).collect();
        let worded = || prompts.iter().flat_map(|prompt| styles.map(|style| (prompt.clone(), style)));
        let examples = worded().map(|(prompt, style)| row(&format!("{prompt} {style}"))).collect();
        let of_rows: Vec<String> = worded().map(|(prompt, _)| prompt).collect();
        let split = split_by(examples, &of_rows);
        assert!(!split.held_out.is_empty() && split.held_out.len().is_multiple_of(styles.len()), "{split:?}");
        let prompt = |example: &Example| example.input.rsplitn(3, ' ').last().unwrap_or_default().to_owned();
        let trained: HashSet<String> = split.train.iter().map(prompt).collect();
        assert!(split.held_out.iter().all(|example| !trained.contains(&prompt(example))), "{split:?}");
    }

    #[test]
    fn the_same_question_is_never_on_both_sides() {
        let mut examples = rows(300);
        for number in 0..300 {
            examples.push(Example {
                input: format!("  QUESTION\t{number}? "),
                output: "another answer".to_owned(),
            });
        }
        let split = split(examples);
        let train: HashSet<String> = split.train.iter().map(|row| normalised(&row.input)).collect();
        assert!(split.held_out.len() > 20);
        assert!(split.held_out.iter().all(|row| !train.contains(&normalised(&row.input))));
    }

    #[test]
    fn a_row_stays_on_its_side_when_rows_are_added_or_reordered() {
        let before = split(rows(400));
        let mut reordered = rows(400);
        reordered.reverse();
        assert_eq!(inputs(&split(reordered).held_out), inputs(&before.held_out));
        let after = split(rows(900));
        assert!(inputs(&after.held_out).is_superset(&inputs(&before.held_out)));
        assert!(inputs(&after.train).is_superset(&inputs(&before.train)));
    }

    #[test]
    fn the_sides_are_these_for_ever() {
        // A change of the hash or of what counts as the same question would leak rows of earlier runs.
        let held_out: Vec<usize> =
            (0..50).filter(|number| is_held_out(&format!("question {number}?"))).collect();
        assert_eq!(held_out, [4, 7, 8, 9, 15, 18, 24, 26, 30, 35, 38, 43]);
    }

    #[test]
    fn few_rows_or_rows_that_all_ask_the_same_are_all_used() {
        let few = split(rows(FEWEST_ROWS - 1));
        assert_eq!((few.train.len(), few.held_out.len()), (49, 0));
        assert!(few.notice.is_some_and(|notice| notice.contains("49 rows")));
        assert!(!split(rows(FEWEST_ROWS)).held_out.is_empty());
        for question in ["question 1?", "question 4?"] {
            let same = split(vec![row(question); 60]);
            assert_eq!((same.train.len(), same.held_out.len()), (60, 0));
            assert!(same.notice.is_some());
        }
    }
}
