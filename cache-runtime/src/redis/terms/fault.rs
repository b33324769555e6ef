//! Why Redis did not do what was asked, from a closed list of causes. No server text is kept: it may
//! quote a key or a password.

use crate::own_thread::NoThread;

/// A command that a server refuses to run for its user.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The fault's word.
    pub(in crate::redis) cause: &'static str,
}

/// Why an operation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "tls"),
    expect(dead_code, reason = "some causes are known with TLS alone")
)]
pub(crate) enum Fault {
    /// There is no connection.
    Down,
    /// The system has no thread for the cache's own work.
    NoThread,
    /// No answer within `op_timeout`.
    Timeout,
    /// The call has waited for Redis as long as it may in all.
    Allowance,
    /// Nobody answers at its address.
    Unreachable,
    /// The connection broke.
    Broken,
    /// The user or the password is wrong, or missing.
    Auth,
    /// The user may not touch the key, or run a command that the server did not name.
    NoPermission,
    /// The user may not run this command.
    MayNotRun(&'static Refused),
    /// The key holds another type of value.
    WrongType,
    /// The node is a replica.
    ReadOnly,
    /// The server's memory is full and its policy evicts nothing.
    OutOfMemory,
    /// The server is still reading its data set, or has lost its master.
    NotReady,
    /// The node's cluster has no master for some slots, or the node is cut off from it.
    ClusterDown,
    /// The slot is on its way from one node to another, and was not found at either.
    SlotMoving,
    /// It lost the scripts just loaded.
    NoScript,
    /// TLS could not be agreed on, for a reason that has no word of its own.
    Tls,
    /// The server's certificate has expired.
    TlsExpired,
    /// The server's certificate is not valid yet.
    TlsNotValidYet,
    /// The server's certificate is for other names than the host's.
    TlsName,
    /// No authority that is trusted has issued the server's certificate.
    TlsIssuer,
    /// The server wants a certificate of the client's.
    TlsCertificateWanted,
    /// The server does not accept the client's certificate.
    TlsCertificateRefused,
    /// The server speaks no TLS at this port.
    TlsToPlain,
    /// The server speaks TLS at this port, and was spoken to without.
    PlainToTls,
    /// The sentinels name another master than the one that is connected to, or that one's replication
    /// has another id than at the handshake.
    Replaced,
    /// No sentinel answers.
    SentinelsUnreachable,
    /// No sentinel knows a master of the name in the URL.
    UnknownMaster,
    /// The sentinels want another user or password than the URL gives for them, or it may not ask.
    SentinelAuth,
    /// Too few replicas had it in time.
    NotReplicated,
    /// An answer of an unexpected form.
    Protocol,
    /// Another error of the server.
    Refused,
}

impl Fault {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::NoThread => "no_thread",
            Self::Timeout => "timeout",
            Self::Allowance => "allowance_spent",
            Self::Unreachable => "unreachable",
            Self::Broken => "connection_broken",
            Self::Auth => "wrong_user_or_password",
            Self::NoPermission => "no_permission",
            Self::MayNotRun(refused) => refused.cause,
            Self::WrongType => "wrong_type",
            Self::ReadOnly => "read_only",
            Self::OutOfMemory => "out_of_memory",
            Self::NotReady => "not_ready",
            Self::ClusterDown => "cluster_down",
            Self::SlotMoving => "slot_moving",
            Self::NoScript => "no_script",
            Self::Tls => "tls",
            Self::TlsExpired => "tls_certificate_expired",
            Self::TlsNotValidYet => "tls_certificate_not_valid_yet",
            Self::TlsName => "tls_certificate_for_other_names",
            Self::TlsIssuer => "tls_certificate_of_unknown_issuer",
            Self::TlsCertificateWanted => "tls_client_certificate_wanted",
            Self::TlsCertificateRefused => "tls_client_certificate_refused",
            Self::TlsToPlain => "tls_to_a_plain_port",
            Self::PlainToTls => "plain_to_a_tls_port",
            Self::Replaced => "replaced",
            Self::SentinelsUnreachable => "sentinels_unreachable",
            Self::UnknownMaster => "unknown_master",
            Self::SentinelAuth => "wrong_sentinel_user_or_password",
            Self::NotReplicated => "not_replicated",
            Self::Protocol => "protocol",
            Self::Refused => "refused",
        }
    }

    /// What a person can do about it where the settings are to be mended, a certificate or a limit.
    pub(crate) fn advice(self) -> Option<&'static str> {
        Some(match self {
            Self::NoThread => "raise this process's limits on threads and open files",
            Self::Auth => "look at the user and the password in the url",
            Self::SentinelAuth => "look at `sentinel_username` and `sentinel_password` in the url",
            Self::Tls => "look at the server's TLS settings: its versions, ciphers and certificate",
            Self::TlsExpired => "renew the server's certificate, or set this machine's clock right",
            Self::TlsNotValidYet => {
                "set the clocks right, this machine's and the one's that issued"
            }
            Self::TlsName => {
                "name the host in the url as the certificate does, or issue it for that host too"
            }
            Self::TlsIssuer => {
                "set `ca_file` or CACHE_CA_FILE to the authority that issued the server's certificate"
            }
            Self::TlsCertificateWanted => {
                "set `client_certificate`, or CACHE_CLIENT_CERT and CACHE_CLIENT_KEY"
            }
            Self::TlsCertificateRefused => {
                "show a client certificate that the server's authority has issued and that is in date"
            }
            Self::TlsToPlain => {
                "use the server's TLS port, or `redis` in place of `rediss` in the url"
            }
            Self::PlainToTls => "use `rediss` in place of `redis` in the url, or the plain port",
            _ => return None,
        })
    }

    /// Whether it is the settings, a certificate or a limit, so that trying again mends nothing.
    pub(crate) fn stays(self) -> bool {
        self.advice().is_some()
    }

    /// Whether TLS is what failed.
    pub(in crate::redis) fn is_of_tls(self) -> bool {
        matches!(
            self,
            Self::Tls
                | Self::TlsExpired
                | Self::TlsNotValidYet
                | Self::TlsName
                | Self::TlsIssuer
                | Self::TlsCertificateWanted
                | Self::TlsCertificateRefused
                | Self::TlsToPlain
                | Self::PlainToTls
        )
    }

    /// Whether Redis could not be asked, rather than that it would not do what was asked.
    pub(crate) fn is_outage(self) -> bool {
        matches!(
            self,
            Self::Down
                | Self::NoThread
                | Self::Timeout
                | Self::Allowance
                | Self::Broken
                | Self::NotReady
                | Self::ReadOnly
                | Self::ClusterDown
        )
    }

    /// Whether the connection is of no more use.
    pub(in crate::redis) fn ends_the_connection(self) -> bool {
        matches!(
            self,
            Self::Broken | Self::ReadOnly | Self::ClusterDown | Self::Protocol
        )
    }
}

impl From<NoThread> for Fault {
    fn from(_: NoThread) -> Self {
        Self::NoThread
    }
}
