//! Where the C library looks users and hosts up.

/// Makes look-ups of users, groups, hosts and services read the system's files and ask its name
/// servers, whatever `/etc/nsswitch.conf` says, when the C library is linked in: for what that file
/// names it would load shared libraries, which belong to another C library than this one.
pub(crate) fn choose() {
    #[cfg(all(target_os = "linux", target_env = "gnu", feature = "static"))]
    {
        use std::ffi::{c_char, c_int};
        use std::sync::Once;

        unsafe extern "C" {
            fn __nss_configure_lookup(database: *const c_char, services: *const c_char) -> c_int;
        }
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            let databases = [c"passwd", c"group", c"initgroups", c"services", c"protocols"];
            let files = databases.into_iter().map(|database| (database, c"files"));
            for (database, services) in files.chain([(c"hosts", c"files dns")]) {
                // SAFETY: both texts end with a zero; the C library copies what it needs.
                unsafe { __nss_configure_lookup(database.as_ptr(), services.as_ptr()) };
            }
        });
    }
}
