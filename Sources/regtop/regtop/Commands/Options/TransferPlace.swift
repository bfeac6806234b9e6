import AdminCore
import Presentation
import ArgumentParser

/// A place that holds images, as users write it.
nonisolated enum TransferPlace: Hashable, Sendable, CustomStringConvertible {
    /// The layout of distribution's filesystem driver.
    case registry(String)
    /// An OCI image layout.
    case oci(String)
    /// An OCI image layout as a tar archive; `-` is standard output.
    case archive(String)
    /// A pool.
    case rados(String)
    /// An SQLite file.
    case sqlite(String)

    var description: String {
        switch self {
        case .registry(let path): "registry:\(path)"
        case .oci(let path): "oci:\(path)"
        case .archive(let path): "oci-archive:\(path)"
        case .rados(let pool): "rados:\(pool)"
        case .sqlite(let path): "sqlite:\(path)"
        }
    }

    /// True if the archive goes to standard output.
    var isStandardOutput: Bool { self == .archive("-") }

    /// True for a store of the old driver.
    var isStore: Bool {
        switch self {
        case .rados, .sqlite: true
        case .registry, .oci, .archive: false
        }
    }

    /// The beginnings of the texts of all places.
    static let forms = ["registry:", "oci:", "oci-archive:", "rados:", "sqlite:"]
    /// Those of the places that can be read.
    static let readableForms = forms.filter { $0 != "oci-archive:" }

    /// - Throws: `ValidationError` if the text names no place.
    static func parse(_ text: String) throws -> TransferPlace {
        let forms: [(String, (String) -> TransferPlace)] = [
            ("registry:", TransferPlace.registry), ("oci:", TransferPlace.oci), ("oci-archive:", TransferPlace.archive),
            ("rados:", TransferPlace.rados), ("sqlite:", TransferPlace.sqlite),
        ]
        for (prefix, make) in forms where text.hasPrefix(prefix) && text.count > prefix.count {
            return make(String(text.dropFirst(prefix.count)))
        }
        throw ValidationError("must be registry:DIR, oci:DIR, oci-archive:FILE, rados:POOL or sqlite:FILE")
    }

    /// The place of images that can be read: no archive.
    static func readable(_ text: String) throws -> TransferPlace {
        let place = try parse(text)
        if case .archive = place {
            throw ValidationError(
                "an archive cannot be read in place: unpack it with tar, and name the directory as oci:DIR")
        }
        return place
    }

    /// A directory whose images are imported.
    static func directory(_ text: String) throws -> TransferPlace {
        let place = try readable(text)
        if place.isStore {
            throw ValidationError("must be oci:DIR or registry:DIR; regtop export copies between stores")
        }
        return place
    }

    /// A store: `rados:POOL`, `sqlite:FILE`, or a file by its name alone.
    static func store(_ text: String) throws -> TransferPlace {
        guard let place = try? parse(text) else { return .sqlite(text) }
        guard place.isStore else {
            throw ValidationError("must be a file or rados:POOL; regtop compare reads directories")
        }
        return place
    }

    /// The session of a store; nil for other places.
    func session(_ options: SessionOptions) -> SessionOptions? {
        var options = options
        switch self {
        case .rados(let pool):
            options.location = .rados
            options.rados.pool = pool
        case .sqlite(let path):
            options.location = .sqlite(path: path)
        case .registry, .oci, .archive: return nil
        }
        return options
    }
}

/// A place that was opened to be read.
nonisolated struct OpenPlace: Sendable {
    let registry: RegistryReader
    private let session: Session?

    /// Opens a place, with these options if it is a store.
    static func open(
        _ place: TransferPlace, _ options: SessionOptions, naming repository: RepositoryName? = nil
    ) async throws -> OpenPlace {
        switch place {
        case .registry(let path):
            return OpenPlace(registry: try await Transfer.registry(directory: path), session: nil)
        case .oci(let path):
            return OpenPlace(registry: try await Transfer.oci(directory: path, naming: repository), session: nil)
        case .archive:
            throw CommandFailure("an archive cannot be read in place")
        case .rados, .sqlite:
            var options = place.session(options) ?? options
            options.readOnly = true
            let session = try await Session.open(options)
            return OpenPlace(registry: session.registry, session: session)
        }
    }

    func close() async { await session?.close() }
}

/// The connection to the other side of a copy.
struct OtherSideOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The target's ceph.conf. (default: that of the source)", valueName: "file"),
        completion: .file())
    var toConf: String?

    @Option(help: ArgumentHelp("The target's Ceph client, such as client.admin.", valueName: "client.x"))
    var toName: String?

    @Option(help: ArgumentHelp("The target's Ceph client without its type.", valueName: "x"))
    var toId: String?

    @Option(help: ArgumentHelp("The keyring of the target's client.", valueName: "file"), completion: .file())
    var toKeyring: String?

    @Option(help: ArgumentHelp("The addresses of the target's monitors.", valueName: "addresses"))
    var toMonHost: String?

    @Option(
        help: ArgumentHelp("Bytes in a chunk of the target, such as 4M.", valueName: "size"),
        transform: StoreOptions.chunkSize)
    var toChunkSize: UInt64 = StorageReader.defaultChunkSize

    /// The session of the other side: the options of this side where there are no others.
    func session(beside store: StoreOptions, isOffline: Bool = false) -> SessionOptions {
        var options = store.session()
        options.isOffline = isOffline
        options.rados.configuration = toConf ?? store.conf
        options.rados.client = toName ?? toId.map { "client.\($0)" } ?? options.rados.client
        options.rados.keyring = toKeyring ?? store.keyring
        options.rados.monitors = toMonHost ?? (toConf == nil ? store.monHost : nil)
        options.chunkSize = toChunkSize
        options.readOnly = false
        return options
    }
}
