//! `latest` moves while questions come in.

use std::collections::HashSet;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::api::{small_source, tiny_t5};
use crate::support::{Home, Http};

const SWAPS: usize = 100;
/// What must be answered each second, and what is asked: a machine that falls behind for a moment catches up.
const RATE: f64 = 50.0;
const ASKED_RATE: f64 = 60.0;

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_swaps_under_fifty_questions_a_second_fail_no_answer_and_mix_none() {
    let home = Home::new();
    for (name, words) in [("first", "go hy go hy"), ("second", "ba qy ba qy")] {
        // Words of the tiny base's own, so that each adapter learns to say others.
        let rows =
            ["vy lu", "jy jo", "hu va", "xi ni"].map(|input| json!({ "input": input, "output": words }));
        let file = home.path(&format!("{name}.jsonl"));
        std::fs::write(&file, rows.map(|row| format!("{row}\n")).concat()).unwrap();
        let (base, file) = (tiny_t5(""), file.to_str().unwrap().to_owned());
        let arguments =
            ["train", "--data", &file, "--output-dir", "out", "--run-id", name, "--base-model", &base];
        let how = ["--method", "lora", "--learning-rate", "0.05", "--epochs", "5"];
        let trained = home.run(arguments.iter().chain(&how));
        assert_eq!(trained.code, Some(0), "{trained:?}");
    }
    let (_attune, http) = home.serve();
    let mut known = HashSet::new();
    for name in ["first", "second"] {
        known.insert(ask(&http, &home.path("out").join(name)).await);
    }
    let texts: HashSet<_> = known.iter().map(|(_, text)| text).collect();
    assert_eq!(texts.len(), 2, "a mixture could not be seen: {known:?}");

    let latest = home.path("out/latest");
    let answered = Arc::new(AtomicUsize::new(0));
    let (stop, mut stopped) = tokio::sync::watch::channel(false);
    let began = Instant::now();
    let asking = tokio::spawn({
        let (http, latest, answered) = (http.clone(), latest.clone(), Arc::clone(&answered));
        async move {
            // Whether the last question is answered or not, the next one comes at its time.
            let mut ticks = tokio::time::interval(Duration::from_secs_f64(1.0 / ASKED_RATE));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
            let mut open = JoinSet::new();
            loop {
                tokio::select! {
                    _ = ticks.tick() => {
                        let (http, latest, answered) = (http.clone(), latest.clone(), Arc::clone(&answered));
                        open.spawn(async move {
                            let answer = ask(&http, &latest).await;
                            answered.fetch_add(1, Ordering::Relaxed);
                            answer
                        });
                    }
                    _ = stopped.changed() => return open.join_all().await,
                }
            }
        }
    });
    let out = home.path("out");
    for swap in 0..SWAPS {
        let beside = out.join(".swap");
        symlink(if swap % 2 == 0 { "first" } else { "second" }, &beside).unwrap();
        std::fs::rename(&beside, &latest).unwrap();
        // The next swap comes when two more questions were answered, so that each is seen by somebody.
        let before = answered.load(Ordering::Relaxed);
        while answered.load(Ordering::Relaxed) < before + 2 && !asking.is_finished() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    let (count, took) = (answered.load(Ordering::Relaxed), began.elapsed().as_secs_f64());
    stop.send(true).unwrap();
    let seen: HashSet<_> = asking.await.unwrap().into_iter().collect();
    assert_eq!(seen, known, "every answer is one of the two, whole");
    let rate = count as f64 / took;
    assert!(rate >= RATE, "{count} answers in {took:.1} s are {rate:.1} a second, {RATE} are wanted");
    println!("{SWAPS} swaps under {rate:.1} answers a second: {count} answers, none failed, none mixed");
}

#[tokio::test]
async fn a_broken_adapter_is_refused_and_the_old_one_stays() {
    let home = Home::new();
    let source = small_source(&home);
    let train = ["train", "--db-path", &source, "--output-dir", "out", "--run-id", "good", "--epochs", "1"];
    assert_eq!(home.run(train).code, Some(0));
    let (_attune, http) = home.serve();
    let latest = home.path("out/latest");
    let good = ask(&http, &latest).await;

    let broken = home.path("out/broken");
    std::fs::create_dir(&broken).unwrap();
    for file in std::fs::read_dir(home.path("out/good")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), broken.join(file.file_name())).unwrap();
    }
    std::fs::write(broken.join("adapter_model.safetensors"), "torn").unwrap();
    symlink("broken", home.path("out/.swap")).unwrap();
    std::fs::rename(home.path("out/.swap"), &latest).unwrap();
    assert_eq!(ask(&http, &latest).await, good);
    let by_name = json!({ "prompt": "a", "adapter": broken });
    assert_eq!(http.post("/api/v1/generate", &by_name).await.expect(422)["field"], "adapter");
}

/// The digest of the adapter that answered, and what it said.
async fn ask(http: &Http, adapter: &Path) -> (String, String) {
    let question = json!({ "prompt": "vy lu jy", "adapter": adapter, "maxNewTokens": 8 });
    let answer = http.post("/api/v1/generate", &question).await.expect(200);
    let text = |field: &str| answer[field].as_str().expect("an answer has its text fields").to_owned();
    (text("adapterDigest"), text("text"))
}
