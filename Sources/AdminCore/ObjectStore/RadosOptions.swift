/// The options for a Ceph cluster, which exist without librados as well.
public struct RadosOptions: Hashable, Sendable {
    /// The pool; nil to look for a pool that holds a registry.
    public var pool: String?
    /// The configuration file; nil for the usual places: `$CEPH_CONF`, /etc/ceph/ceph.conf,
    /// ~/.ceph/ceph.conf, ./ceph.conf.
    public var configuration: String?
    /// The client's full name, as in `client.admin`; nil for the default.
    public var client: String?
    /// The keyring file; nil for that of the configuration.
    public var keyring: String?
    /// Monitor addresses; nil for those of the configuration.
    public var monitors: String?
    /// Operations in flight at once, 1…512.
    public var inFlight: Int
    /// The time limit for connecting, in seconds.
    public var connectTimeout: Double
    /// The time limit for one operation, in seconds; nil to wait for ever, as the console does.
    public var operationTimeout: Double?
    /// The file for librados' log; nil for none.
    public var logFile: String?

    /// The defaults.
    public init() {
        inFlight = 128
        connectTimeout = 15
        operationTimeout = 60
    }
}

/// The files and settings by which the options lead to a cluster. Has no key.
public struct RadosSetup: Hashable, Sendable {
    /// The client, as in `client.admin`.
    public let client: String
    /// The ceph.conf; nil if there is none and the monitors are named otherwise.
    public let configuration: String?
    /// The addresses of the monitors (`mon_host`); nil if something else names them.
    public let monitors: String?
    /// The place of the client's key: "its key in /etc/ceph/ceph.client.admin.keyring".
    public let key: String
    /// The fault of the key, in a sentence; nil if only the cluster can find one.
    public let keyFault: String?

    package init(client: String, configuration: String?, monitors: String?, key: String, keyFault: String?) {
        self.client = client
        self.configuration = configuration
        self.monitors = monitors
        self.key = key
        self.keyFault = keyFault
    }
}
