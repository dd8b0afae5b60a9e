//! Content as it ships, and files of a person's with and without mistakes.

use std::path::Path;

use super::*;

fn shipped() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../data")
}

/// What is loaded where the person's folder holds these files.
fn with(files: &[(&str, &str)]) -> Content {
    let data_folder = tempfile::tempdir().unwrap();
    let own = data_folder.path().join("content");
    std::fs::create_dir(&own).unwrap();
    for (name, text) in files {
        std::fs::write(own.join(name), text).unwrap();
    }
    ContentFolders::new(&shipped(), data_folder.path()).load().unwrap()
}

fn genre<'c>(content: &'c Content, name: &str) -> &'c Genre {
    content.genres.iter().find(|genre| genre.name == name).unwrap()
}

fn lines(content: &Content) -> Vec<(String, Option<usize>)> {
    let name = |problem: &ContentProblem| problem.path.file_name().unwrap().to_string_lossy().into_owned();
    content.problems.iter().map(|problem| (name(problem), problem.line)).collect()
}

#[test]
fn eight_genres_of_ten_prompts_ten_styles_and_a_text_for_each_genre_ship() {
    let content = with(&[]);
    let names: Vec<&str> = content.genres.iter().map(|genre| genre.name.as_str()).collect();
    assert_eq!(
        names,
        ["fantasy", "dark_fantasy", "sci_fi", "mystery", "horror", "romance", "adventure", "thriller"]
    );
    assert!(content.genres.iter().all(|genre| genre.prompts.len() == 10 && !genre.own));
    assert_eq!((content.styles.len(), content.problems.len()), (10, 0));
    assert_eq!(genre(&content, "sci_fi").spoken, "science fiction");
    let mut prompts: Vec<&String> = content.genres.iter().flat_map(|genre| &genre.prompts).collect();
    prompts.sort();
    prompts.dedup();
    assert_eq!(prompts.len(), 80, "each prompt stands once");
    for name in names {
        assert!(content.references.iter().any(|reference| reference.category == name), "{name}");
    }
    for seed in [
        "A young wizard discovers an ancient spellbook",
        "First contact with an alien civilization",
        "A detective investigates a locked-room murder",
        "Something moves in the shadows of the basement",
    ] {
        assert!(prompts.iter().any(|prompt| *prompt == seed), "{seed}");
    }
}

#[test]
fn a_persons_own_genre_joins_adds_or_replaces() {
    let content = with(&[(
        "mine.toml",
        r#"
            styles = ["Rhyme it."]
            [[genre]]
            name = "pirate_tales"
            prompts = ["The parrot knows the way."]
            [[genre]]
            name = "fantasy"
            prompts = ["A witch opens a bakery"]
            [[genre]]
            name = "horror"
            title = "Ghosts"
            replace = true
            prompts = ["A ghost is afraid of the dark"]
        "#,
    )]);
    assert_eq!(content.problems, []);
    let pirates = genre(&content, "pirate_tales");
    assert_eq!((pirates.title.as_str(), pirates.spoken.as_str()), ("Pirate tales", "pirate tales"));
    assert_eq!((&pirates.prompts[..], pirates.own), (&["The parrot knows the way".to_owned()][..], true));
    let fantasy = genre(&content, "fantasy");
    assert_eq!((fantasy.prompts.len(), fantasy.title.as_str(), fantasy.own), (11, "Fantasy", true));
    let horror = genre(&content, "horror");
    assert_eq!((horror.prompts.len(), horror.title.as_str()), (1, "Ghosts"));
    assert_eq!((content.genres.len(), content.styles.len()), (9, 11));
    assert_eq!(with(&[("styles.toml", "replace_styles = true\nstyles = ['Only this']")]).styles.len(), 1);
}

#[test]
fn every_mistake_is_told_with_its_file_and_line_and_what_ships_goes_on_working() {
    let content = with(&[
        ("1.toml", "styles = [\n  \"Good\",\n  \"\",\n]\n[[genre]]\nname = \"Bad Name\"\nprompts = [\"x\"]"),
        ("2.toml", "[[genre]]\nname = \"empty\"\n\n[[genre]]\nname = \"fine\"\nprompts = [\"a\", \"a\"]"),
        ("3.toml", "[[genre]]\nname = \"open\"\nprompts = [\"never closed\n"),
        ("4.toml", "[[genre]]\nname = \"wrong\"\nprompt = [\"x\"]"),
        ("5.toml", "\n[[genre]]\nname = 5"),
        ("6.csv", "category,prompt,text\nfantasy,A,B\nfantasy,,C\n"),
        ("7.csv", "a,b\n1,2\n"),
        ("notes.txt", "not content"),
    ]);
    let expected = [
        ("1.toml", Some(6)),
        ("1.toml", Some(3)),
        ("2.toml", Some(1)),
        ("2.toml", Some(6)),
        ("3.toml", Some(3)),
        ("4.toml", Some(3)),
        ("5.toml", Some(3)),
        ("6.csv", Some(3)),
        ("7.csv", Some(1)),
    ];
    assert_eq!(lines(&content), expected.map(|(name, line)| (name.to_owned(), line)));
    assert_eq!(genre(&content, "fine").prompts, ["a"]);
    assert!(content.styles.contains(&"Good".to_owned()));
    assert_eq!((content.genres.len(), content.references.len()), (9, 9));
}

#[test]
fn a_file_that_is_no_text_too_large_or_unreadable_is_told_as_a_whole() {
    let data_folder = tempfile::tempdir().unwrap();
    let own = data_folder.path().join("content");
    std::fs::create_dir(&own).unwrap();
    std::fs::write(own.join("bytes.toml"), [0xff, 0xfe, 0x00]).unwrap();
    std::fs::write(own.join("large.toml"), " ".repeat((1 << 20) + 1)).unwrap();
    std::fs::write(own.join("none.csv"), "").unwrap();
    let content = ContentFolders::new(&shipped(), data_folder.path()).load().unwrap();
    assert_eq!(
        lines(&content),
        [("bytes.toml".to_owned(), None), ("large.toml".to_owned(), None), ("none.csv".to_owned(), Some(1))]
    );
    assert_eq!(content.genres.len(), 8);
}

#[test]
fn a_torn_installation_is_an_error_that_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let missing = ContentFolders::new(folder.path(), folder.path()).load().unwrap_err();
    assert!(missing.to_string().contains("stories.toml"), "{missing}");
}

#[test]
fn an_unknown_genre_is_refused_with_those_there_are() {
    let content = with(&[]);
    let refused = content.chosen(&["western".to_owned()]).unwrap_err();
    assert_eq!(refused.field(), Some("genres"));
    assert!(refused.hint().unwrap().contains("dark_fantasy"), "{:?}", refused.hint());
    content.chosen(&["horror".to_owned(), "horror".to_owned()]).unwrap_err();
    assert_eq!(content.chosen(&[]).unwrap().len(), 8);
}
