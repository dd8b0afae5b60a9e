//! Files that both sides read: JSON, tensors, base models.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use attune_engine::WeightsOnDisk;
use attune_tuning::{AdapterLayout, BaseModel, BaseModelFiles};
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}

pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).map_err(|source| Error::Write { path: path.to_owned(), source })
}

pub(crate) fn make_folder(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).map_err(|source| Error::Write { path: path.to_owned(), source })
}

/// The folders inside a folder, by name.
pub(crate) fn folders(path: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = |source| Error::Read { path: path.to_owned(), source };
    let entries = std::fs::read_dir(path).map_err(unreadable)?;
    let mut folders = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<Vec<_>>>()
        .map_err(unreadable)?;
    folders.retain(|path| path.is_dir());
    folders.sort();
    Ok(folders)
}

/// The last part of a path, as people read it.
pub(crate) fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    serde_json::from_slice(&read(path)?).map_err(|source| Error::Json { path: path.to_owned(), source })
}

/// A base model's folder.
pub(crate) fn read_base(folder: &Path) -> Result<BaseModel> {
    let file = |name: &str| read(&folder.join(name));
    let path = folder.join("model.safetensors");
    let weights = WeightsOnDisk::open(&path).map_err(|source| Error::Read { path, source })?;
    let (config, tokenizer) = (file("config.json")?, file("tokenizer.json")?);
    Ok(BaseModel::open(BaseModelFiles {
        config: &config,
        weights: Arc::new(weights),
        tokenizer: &tokenizer,
    })?)
}

/// A safetensors file.
pub(crate) struct Tensors {
    path: PathBuf,
    bytes: Vec<u8>,
}

impl Tensors {
    pub(crate) fn read(path: &Path) -> Result<Self> {
        Ok(Self { path: path.to_owned(), bytes: read(path)? })
    }

    /// Writes f32 tensors of shape `[lines, width]`.
    pub(crate) fn write(path: &Path, tensors: &[(String, Vec<f32>)], width: usize) -> Result<()> {
        let unwritable = |source| Error::Tensors { path: path.to_owned(), source };
        let bytes: Vec<(&String, Vec<u8>)> = tensors
            .iter()
            .map(|(name, values)| (name, values.iter().flat_map(|value| value.to_le_bytes()).collect()))
            .collect();
        let views = bytes
            .iter()
            .map(|(name, data)| {
                let shape = vec![data.len() / size_of::<f32>() / width, width];
                Ok((name, TensorView::new(Dtype::F32, shape, data)?))
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(unwritable)?;
        // transformers refuses a file that does not name its framework.
        let framework = HashMap::from([("format".to_owned(), "pt".to_owned())]);
        write(path, &serialize(views, Some(framework)).map_err(unwritable)?)
    }

    /// The values of an f32 tensor, row-major.
    pub(crate) fn floats(&self, name: &str) -> Result<Vec<f32>> {
        Ok(self.words(name, Dtype::F32)?.into_iter().map(f32::from_le_bytes).collect())
    }

    /// The values of a 32-bit integer tensor that holds token ids.
    pub(crate) fn tokens(&self, name: &str) -> Result<Vec<u32>> {
        Ok(self.words(name, Dtype::I32)?.into_iter().map(u32::from_le_bytes).collect())
    }

    /// The tensors `prefix.<name>` of this layout as one flat vector.
    pub(crate) fn vector(&self, prefix: &str, layout: &AdapterLayout) -> Result<Vec<f32>> {
        let mut values = Vec::with_capacity(layout.parameters());
        for tensor in layout.tensors() {
            values.extend(self.floats(&format!("{prefix}.{}", tensor.name))?);
        }
        Ok(values)
    }

    pub(crate) fn holds(&self, name: &str) -> bool {
        SafeTensors::deserialize(&self.bytes).is_ok_and(|file| file.tensor(name).is_ok())
    }

    fn words(&self, name: &str, wanted: Dtype) -> Result<Vec<[u8; 4]>> {
        let unreadable = |source| Error::Tensors { path: self.path.clone(), source };
        let lacks = |what| Error::Lacks { path: self.path.clone(), what };
        let file = SafeTensors::deserialize(&self.bytes).map_err(unreadable)?;
        let view = file.tensor(name).map_err(|_| lacks(format!("tensor {name}")))?;
        if view.dtype() != wanted {
            return Err(lacks(format!("tensor {name} as {wanted:?}")));
        }
        Ok(view.data().as_chunks().0.to_vec())
    }
}
