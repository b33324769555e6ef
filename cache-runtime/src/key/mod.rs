//! Keys: an injective encoding of arguments.
