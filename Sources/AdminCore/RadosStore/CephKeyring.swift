#if RADOS
import ObjectStore
import CRados
import Foundation

/// The keyring that librados uses: the first file of a list that can be opened, whatever it holds.
struct CephKeyring: Sendable {
    /// The file; nil if none can be opened.
    let file: CephFile?
    /// For each earlier file that exists and cannot be read, a sentence with the reason.
    let unreadable: [String]

    /// Reads the files of a list, which may block.
    init(list: String) {
        var unreadable: [String] = []
        for path in CephFile.list(list) {
            do {
                file = try CephFile(path)
                self.unreadable = unreadable
                return
            } catch .missing {
            } catch {
                unreadable.append(CephFile.sentence(path, error))
                // librados skips only files that it cannot open. It can open a directory, and fails
                // then.
                if case .refused = error { continue }
                (file, self.unreadable) = (nil, unreadable)
                return
            }
        }
        (file, self.unreadable) = (nil, unreadable)
    }

    /// The names in brackets, each with its last key.
    var keys: [(name: String, key: String?)] {
        guard let file else { return [] }
        var keys: [(name: String, key: String?)] = []
        var current: Int?
        for line in String(decoding: file.bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            let text = line.prefix { $0 != "#" && $0 != ";" }.trimmingCharacters(in: .whitespaces)
            if text.hasPrefix("["), text.hasSuffix("]") {
                let name = String(text.dropFirst().dropLast())
                current = keys.firstIndex { $0.name == name } ?? keys.endIndex
                if current == keys.endIndex { keys.append((name, nil)) }
            } else if let current, let equals = text.firstIndex(of: "="),
                text[..<equals].trimmingCharacters(in: .whitespaces) == "key"
            {
                keys[current].key = text[text.index(after: equals)...]
                    .trimmingCharacters(in: CharacterSet(charactersIn: " \t\"'"))
            }
        }
        return keys
    }

    /// The reason why librados refuses the whole keyring: a mistake in the syntax, or an invalid
    /// key of any client.
    var fault: String? {
        guard let file else { return nil }
        if let mistake = file.mistake { return "the keyring \(file.sentence(mistake))" }
        for (name, key) in keys {
            guard let key, let fault = Self.fault(ofKey: key) else { continue }
            return "the key of \(ByteString(name)) in the keyring \(ByteString(file.path)) \(fault)"
        }
        return nil
    }

    /// The reason why librados refuses a key, as the end of a sentence that begins with "the key";
    /// nil if it accepts it.
    static func fault(ofKey text: String) -> String? {
        let advice = "write it again as `ceph auth get-key` prints it"
        let damaged = "is damaged; \(advice)"
        guard let bytes = Data(base64Encoded: text).map(Array.init), bytes.count >= 2 else { return damaged }
        // Little-endian: the type, two numbers for the date, the length of the secret, the secret.
        let type = Int(bytes[0]) | Int(bytes[1]) << 8
        guard type != 0 else { return "is of type 0, which is no key at all; \(advice)" }
        guard type == 1 else {
            let library = RadosLibrary.version ?? "this librados"
            return "is of type \(type), which \(library) does not know: it knows type 1 (AES); "
                + "give the client a key of that type, or run regtop with a newer librados"
        }
        guard bytes.count >= 12, bytes[10] == 16, bytes[11] == 0, bytes.count >= 28 else { return damaged }
        return nil
    }
}

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
