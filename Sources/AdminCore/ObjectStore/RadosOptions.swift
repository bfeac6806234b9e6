/// How to reach a Ceph cluster. Plain values, also where the program was built without librados.
public struct RadosOptions: Hashable, Sendable {
    /// The pool; nil to look for one that holds a registry.
    public var pool: String?
    /// The configuration file; nil for the usual places: `$CEPH_CONF`, /etc/ceph/ceph.conf, ~/.ceph/ceph.conf,
    /// ./ceph.conf.
    public var configuration: String?
    /// The client's full name, as in `client.admin`; nil for the default.
    public var client: String?
    /// The keyring file; nil for what the configuration says.
    public var keyring: String?
    /// Monitor addresses; nil for what the configuration says.
    public var monitors: String?
    /// Operations in flight at once, 1…512.
    public var inFlight: Int
    /// How long connecting may take, in seconds.
    public var connectTimeout: Double
    /// How long one operation may stay unanswered, in seconds; nil to wait for ever, as the console does.
    public var operationTimeout: Double?
    /// Where librados writes its log; nil for nowhere.
    public var logFile: String?

    /// The defaults.
    public init() {
        inFlight = 128
        connectTimeout = 15
        operationTimeout = 60
    }
}
