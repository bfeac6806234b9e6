@testable import Registry
@testable import StorageDriver
import Foundation

/// Files of a registry's tree as dump lines, directories included.
struct DumpText {
    private var children: [String: [String: String]] = ["/": [:]]
    private var lines: [String] = []

    /// The root of the registry.
    static let root = "/docker/registry/v2"

    /// Adds a file with its directories. The path is not checked.
    mutating func add(_ path: String, _ content: [UInt8]) {
        let identifier = BlobIdentifier.random().string
        lines.append(
            DumpText.line(
                name: "\(identifier)-0", data: content, omap: [:],
                xattrs: ["total-size": DumpText.size(content.count)]))
        list(path, as: Data(identifier.utf8).base64EncodedString())
    }

    /// Adds a directory, or only its entry in its parent.
    mutating func addDirectory(_ path: String, withObject: Bool = true) {
        if withObject { children[path, default: [:]] = children[path] ?? [:] }
        list(path, as: "")
    }

    /// Adds a repository with one manifest of one layer under these tags. Returns the manifest's
    /// digest.
    @discardableResult
    mutating func addImage(_ repository: String, tags: [String], seed: String = "seed") throws -> String {
        let config = Array("{\"architecture\":\"amd64\",\"os\":\"linux\",\"seed\":\"\(seed)\"}".utf8)
        let layer = Array("layer \(seed)".utf8)
        let type = "application/vnd.docker"
        let manifest = """
            {"schemaVersion":2,"mediaType":"\(type).distribution.manifest.v2+json",\
            "config":{"mediaType":"\(type).container.image.v1+json","size":\(config.count),"digest":"\(digest(config))"},\
            "layers":[{"mediaType":"\(type).image.rootfs.diff.tar.gzip","size":\(layer.count),"digest":"\(digest(layer))"}]}
            """
        let name = "\(DumpText.root)/repositories/\(repository)"
        for blob in [config, layer, Array(manifest.utf8)] {
            let hex = String(digest(blob).dropFirst(7))
            let path = "\(DumpText.root)/blobs/sha256/\(hex.prefix(2))/\(hex)/data"
            if !holds(path) { add(path, blob) }
        }
        for blob in [config, layer] {
            add("\(name)/_layers/sha256/\(digest(blob).dropFirst(7))/link", Array(digest(blob).utf8))
        }
        let named = digest(Array(manifest.utf8))
        add("\(name)/_manifests/revisions/sha256/\(named.dropFirst(7))/link", Array(named.utf8))
        for tag in tags { add("\(name)/_manifests/tags/\(tag)/current/link", Array(named.utf8)) }
        return named
    }

    /// Adds any object.
    mutating func addObject(_ name: String, _ data: [UInt8]) {
        lines.append(DumpText.line(name: name, data: data, omap: [:], xattrs: [:]))
    }

    var text: String {
        (lines + children.map { DumpText.line(name: $0.key, data: [], omap: $0.value, xattrs: [:]) })
            .joined(separator: "\n") + "\n"
    }

    /// The lines without directories: a pool that never had a registry.
    var objectsOnly: DumpText {
        var copy = self
        copy.children = [:]
        return copy
    }

    private func digest(_ bytes: [UInt8]) -> String { Digest.sha256(of: bytes).string }

    private func holds(_ path: String) -> Bool {
        let (parent, name) = DumpText.split(path)
        return children[parent]?[name] != nil
    }

    private mutating func list(_ path: String, as value: String) {
        var (path, value) = (path, value)
        while path != "/" {
            let (parent, name) = DumpText.split(path)
            let known = children[parent]?[name] != nil
            children[parent, default: [:]][name] = value
            if known { return }
            (path, value) = (parent, "")
        }
    }

    private static func split(_ path: String) -> (parent: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return ("/", path) }
        let parent = String(path[..<slash])
        return (parent.isEmpty ? "/" : parent, String(path[path.index(after: slash)...]))
    }

    private static func size(_ count: Int) -> String {
        Data((0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + [0, 0]).base64EncodedString()
    }

    private static func line(name: String, data: [UInt8], omap: [String: String], xattrs: [String: String]) -> String {
        let object: [String: Any] = [
            "name": name, "data": Data(data).base64EncodedString(), "omap": omap, "xattrs": xattrs, "size": data.count,
        ]
        let text = (try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])) ?? Data()
        return String(decoding: text, as: UTF8.self)
    }
}
