//! References and smart pointers: the key is that of what they point to.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use crate::key::{CacheKey, KeyWriter};

macro_rules! transparent {
    ($($pointer:ty),* $(,)?) => {
        $(
            #[diagnostic::do_not_recommend]
            impl<T: CacheKey + ?Sized> CacheKey for $pointer {
                #[inline]
                fn write(&self, writer: &mut KeyWriter) {
                    T::write(self, writer);
                }

                #[inline]
                fn __shows_text(&self) -> bool {
                    T::__shows_text(self)
                }
            }
        )*
    };
}

transparent!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

impl<T: CacheKey + ToOwned + ?Sized> CacheKey for Cow<'_, T> {
    #[inline]
    fn write(&self, writer: &mut KeyWriter) {
        T::write(self, writer);
    }

    #[inline]
    fn __shows_text(&self) -> bool {
        T::__shows_text(self)
    }
}
