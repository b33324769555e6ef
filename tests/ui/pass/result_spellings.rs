//! A `Result` by its paths, by aliases with and without parameters, and one with a default error.

use cache_runtime::cached;

#[derive(Clone, Debug)]
pub struct Error(pub Box<str>);

impl<E: std::error::Error> From<E> for Error {
    fn from(error: E) -> Self {
        Self(error.to_string().into())
    }
}

pub type Result<T, E = Error> = std::result::Result<T, E>;
pub type UnitResult = Result<()>;

#[cached(ttl = "5m", error_ttl = "1s")]
pub async fn by_default(text: &str) -> Result<u8> {
    Ok(text.parse()?)
}

#[cached(ttl = "5m")]
pub async fn by_another(text: &str) -> Result<u8, std::num::ParseIntError> {
    text.parse()
}

#[cached(ttl = "5m")]
pub async fn by_std(id: u8) -> std::result::Result<u8, String> {
    Ok(id)
}

#[cached(ttl = "5m")]
pub async fn by_core(
    id: u8,
) -> ::core::result::Result<::core::option::Option<u8>, ::std::string::String> {
    Ok(Some(id))
}

#[cached(ttl = "5m")]
pub async fn by_io(id: u8) -> std::io::Result<u8> {
    Ok(id)
}

#[cached(ttl = "5m")]
pub async fn by_fmt(id: u8) -> std::fmt::Result {
    if id > 0 { Ok(()) } else { Err(std::fmt::Error) }
}

#[cached(ttl = "1d")]
pub async fn by_unit(id: u8) -> UnitResult {
    let _ = id.to_string().parse::<u8>()?;
    Ok(())
}

#[cached(ttl = "5m")]
pub async fn of_a_result(id: u8) -> Result<Option<Vec<Option<u8>>>> {
    Ok(Some(vec![Some(id), None]))
}
