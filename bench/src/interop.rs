//! Adapter folders in both directions: Attune reads what PEFT wrote, PEFT loads what Attune wrote.
//!
//! Equal logits are the proof; a loss could be equal by chance. What Attune cannot honour, the real PEFT writes too, and
//! it must be refused by the name of the setting.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use attune_tuning::peft::{PeftFiles, decode, encode};
use attune_tuning::{
    Adapter, AdapterKind, BaseModel, EncodedExample, Error as TuningError, LoraSettings, LoraTarget, logits,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::console;
use crate::error::Result;
use crate::files::{Tensors, folders, make_folder, name, read, read_base, read_json, write};
use crate::judgement::{Judgement, largest_difference, report};
use crate::reference::{Python, checkout};

/// The largest difference of two logits.
const LOGITS: f64 = 1e-4;

/// Exchanges folders with PEFT over the bundled base and says whether everything holds.
pub(crate) fn compare(python: &Python, work: &Path) -> Result<bool> {
    let (folder, base_folder) = (work.join("interop"), checkout().join("models/attune-mini"));
    let base_argument = ["--base".as_ref(), base_folder.as_os_str()];
    console::say("PEFT writes its folders");
    python.run(
        "interop.py",
        [&["make".as_ref()], &base_argument[..], &["--out".as_ref(), folder.as_os_str()]].concat(),
    )?;
    let base = read_base(&base_folder)?;
    let tensors = Tensors::read(&folder.join("rows.safetensors"))?;
    let rows = rows(&tensors)?;
    let mut judgements =
        vec![Judgement::new("the base alone", difference(&base, None, &rows, &tensors)?, LOGITS)];
    for theirs in folders(&folder.join("theirs"))? {
        let adapter = decode(&peft_files(&theirs)?, &base)?;
        let expected = Tensors::read(&theirs.join("logits.safetensors"))?;
        let what = format!("PEFT's {} in Attune", name(&theirs));
        judgements.push(Judgement::new(what, difference(&base, Some(&adapter), &rows, &expected)?, LOGITS));
    }

    console::say("Attune writes its folders, PEFT loads them");
    for (name, kind) in kinds() {
        write_ours(&base, &kind, &rows, &folder.join("ours").join(name))?;
    }
    python.run(
        "interop.py",
        [&["check".as_ref()], &base_argument[..], &["--folders".as_ref(), folder.as_os_str()]].concat(),
    )?;
    let checked: BTreeMap<String, f64> = read_json(&folder.join("checked.json"))?;
    for (name, _) in kinds() {
        // What PEFT did not look at is off, too.
        let found = checked.get(name).copied().unwrap_or(f64::INFINITY);
        judgements.push(Judgement::new(format!("Attune's {name} in PEFT"), found, LOGITS));
    }
    let equal = report(&judgements);
    let refused = refusals(&base, &folder.join("refused"))?;
    Ok(equal && refused)
}

fn kinds() -> [(&'static str, AdapterKind); 5] {
    let lora = |rank, alpha, targets: &[LoraTarget]| {
        AdapterKind::Lora(LoraSettings { rank, alpha, targets: BTreeSet::from_iter(targets.iter().copied()) })
    };
    let LoraSettings { rank, alpha, targets } = LoraSettings::default();
    [
        ("soft_prompt", AdapterKind::SoftPrompt { rows: 20 }),
        ("lora_default", AdapterKind::Lora(LoraSettings { rank, alpha, targets })),
        ("lora_everywhere", lora(4, 8.0, &LoraTarget::ALL)),
        ("lora_k_o", lora(3, 4.5, &[LoraTarget::K, LoraTarget::O])),
        ("lora_feed_forward", lora(8, 8.0, &[LoraTarget::Wi0, LoraTarget::Wi1, LoraTarget::Wo])),
    ]
}

/// An adapter with values that change every answer, as a folder with its logits beside it.
fn write_ours(base: &BaseModel, kind: &AdapterKind, rows: &[EncodedExample], folder: &Path) -> Result<()> {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let layout = kind.layout(base)?;
    let mut values = Vec::with_capacity(layout.parameters());
    for tensor in layout.tensors() {
        let reach = match kind {
            AdapterKind::SoftPrompt { .. } => 1.5,
            AdapterKind::Lora(_) => 0.5 * (tensor.shape.last().copied().unwrap_or(1) as f32).sqrt().recip(),
        };
        values.extend((0..tensor.parameters()).map(|_| random.random_range(-reach..reach)));
    }
    let adapter = kind.adapter(base, values)?;
    let files = encode(&adapter, "attune-mini")?;
    make_folder(folder)?;
    write(&folder.join("adapter_config.json"), &files.adapter_config)?;
    write(&folder.join("adapter_model.safetensors"), &files.adapter_model)?;
    let mut found = Vec::with_capacity(rows.len());
    for (place, row) in rows.iter().enumerate() {
        found.push((format!("logits.{place}"), logits(base, Some(&adapter), row)?));
    }
    // In the shape that PEFT's side compares with.
    Tensors::write(&folder.join("logits.safetensors"), &found, base.architecture().vocabulary)
}

fn rows(tensors: &Tensors) -> Result<Vec<EncodedExample>> {
    let mut rows = Vec::new();
    while tensors.holds(&format!("source.{}", rows.len())) {
        let side = |side: &str| tensors.tokens(&format!("{side}.{}", rows.len()));
        let row = EncodedExample { source: side("source")?, target: side("target")? };
        rows.push(row);
    }
    Ok(rows)
}

/// The largest difference of all logits of all rows.
fn difference(
    base: &BaseModel,
    adapter: Option<&Adapter>,
    rows: &[EncodedExample],
    expected: &Tensors,
) -> Result<f64> {
    let mut largest = 0.0_f64;
    for (place, row) in rows.iter().enumerate() {
        let expected = expected.floats(&format!("logits.{place}"))?;
        largest = largest.max(largest_difference(&logits(base, adapter, row)?, &expected));
    }
    Ok(largest)
}

fn peft_files(folder: &Path) -> Result<PeftFiles> {
    Ok(PeftFiles {
        adapter_config: read(&folder.join("adapter_config.json"))?,
        adapter_model: read(&folder.join("adapter_model.safetensors"))?,
    })
}

/// Whether every folder of PEFT's is refused by the setting that it is named after.
fn refusals(base: &BaseModel, folder: &Path) -> Result<bool> {
    let mut all = true;
    for folder in folders(folder)? {
        let setting = name(&folder);
        let said = match decode(&peft_files(&folder)?, base) {
            Err(TuningError::PeftSetting { field, found }) if field == setting => {
                format!("refused by name ({found})")
            }
            Err(other) => {
                all = false;
                format!("OFF: refused, but for another reason: {other}")
            }
            Ok(_) => {
                all = false;
                "OFF: read, though it cannot be honoured".to_owned()
            }
        };
        console::result(&format!("{setting}: {said}"));
    }
    Ok(all)
}
