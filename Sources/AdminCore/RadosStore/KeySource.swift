#if RADOS
import ObjectStore
import CRados
import Foundation

/// The place from which librados reads the client's key. librados itself finds most faults of a
/// key, and reports a bare errno; the sentences come from here.
struct KeySource: Sendable {
    /// The client, as in `client.admin`.
    let client: String
    /// False if the settings need no key.
    let isNeeded: Bool
    /// `key` and `keyFile` replace the keyring, `key` first.
    private let key: String
    private let keyFile: String
    private let list: String
    private let keyring: CephKeyring

    /// Reads the settings and the files, which may block.
    init(_ raw: rados_t, client: String) {
        func setting(_ name: String) -> String { RadosConnector.setting(raw, name) ?? "" }
        self.client = client
        let supported = setting("auth_supported")
        isNeeded = (supported.isEmpty ? setting("auth_client_required") : supported).contains("cephx")
        (key, keyFile, list) = (setting("key"), setting("keyfile"), setting("keyring"))
        keyring = CephKeyring(list: isNeeded ? list : "")
    }

    /// The reason why there is no key at all, so that librados need not try to connect.
    var obstacle: String? {
        guard isNeeded else { return nil }
        guard key.isEmpty, keyFile.isEmpty, keyring.file == nil else { return nil }
        guard keyring.unreadable.isEmpty else { return "the keyring " + keyring.unreadable.joined(separator: "; ") }
        let places = CephFile.list(list).map { "\(ByteString($0))" }.joined(separator: ", ")
        return "there is no keyring with a key of \(client) in "
            + "\(places.isEmpty ? "any place" : "any of \(places)"); name one with --keyring, or another client with --name"
            + hint
    }

    /// The fault of the key after librados has failed to connect with `code`; nil if only the
    /// cluster can know it.
    func fault(_ code: Int32) -> String? {
        guard isNeeded else { return nil }
        if !key.isEmpty { return CephKeyring.fault(ofKey: key).map { "the key in the setting key \($0)" } }
        if !keyFile.isEmpty { return faultOfKeyFile }
        if let fault = keyring.fault { return fault }
        if let file = keyring.file, code == -EIO {
            return "the keyring \(ByteString(file.path)) cannot be understood; beside key and caps it may hold nothing"
        }
        guard let file = keyring.file, keyring.keys.first(where: { $0.name == client })?.key == nil else { return nil }
        let others = Set(keyring.keys.filter { $0.key != nil }.map { "\(ByteString($0.name))" }).sorted()
        let known = others.isEmpty ? "and nobody else's" : "but those of " + others.prefix(10).joined(separator: ", ")
        let passed = keyring.unreadable.map { "; \($0)" }.joined()
        return "the keyring \(ByteString(file.path)) holds no key of \(client), \(known)\(passed); "
            + "check the client's name (--name) and its keyring (--keyring)" + hint
    }

    private var faultOfKeyFile: String? {
        do {
            let text = String(decoding: try CephFile(keyFile).bytes, as: UTF8.self)
            return CephKeyring.fault(ofKey: text.split(whereSeparator: \.isNewline).joined())
                .map { "the key in \(ByteString(keyFile)) (keyfile) \($0)" }
        } catch {
            return "the file of the key (keyfile) \(CephFile.sentence(keyFile, error))"
        }
    }

    /// The key and its place, as the end of "does not accept CLIENT with …".
    var description: String {
        if !key.isEmpty { return "the key in the setting key" }
        if !keyFile.isEmpty { return "the key in \(ByteString(keyFile))" }
        return keyring.file.map { "its key in \(ByteString($0.path))" } ?? "this key"
    }

    /// A hint for a name that has its type twice, as from `--id client.x`.
    var hint: String {
        guard client.hasPrefix("client.client."), let meant = RadosConfiguration.probableClient(client) else {
            return ""
        }
        return "; \(ByteString(meant)) was probably meant: --id takes the name without client."
    }

    /// The error with a reason of this type.
    func error(_ reason: String, errno: Int32 = 0) -> StoreError {
        StoreError(.notConfigured, operation: "connect", errno: errno, reason: reason)
    }
}
#endif
