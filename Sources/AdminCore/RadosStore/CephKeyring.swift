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
#endif
