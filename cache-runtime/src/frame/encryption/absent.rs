//! What stands for keys where the feature `encrypt` is off: a type of which there is no value.

use super::{KeyId, Nonce, TAG_LEN};

#[derive(Clone, Debug)]
pub(crate) enum EncryptionKeys {}

impl EncryptionKeys {
    pub(crate) fn parse(_: &str) -> Result<Self, &'static str> {
        Err("it needs the feature `encrypt` of cache-runtime")
    }

    pub(super) fn begin(&self) -> Option<(&Self, Nonce)> {
        match *self {}
    }

    pub(super) fn find(&self, _: KeyId) -> Option<&Self> {
        match *self {}
    }

    pub(super) fn id(&self) -> KeyId {
        match *self {}
    }

    pub(super) fn seal(&self, _: &Nonce, _: &[u8], _: &mut [u8]) -> Option<[u8; TAG_LEN]> {
        match *self {}
    }

    pub(super) fn open(&self, _: &Nonce, _: &[u8], _: &mut [u8], _: &[u8; TAG_LEN]) -> Option<()> {
        match *self {}
    }
}
