import AdminCore

/// The options that name a store on the command line.
nonisolated enum StoreWords {
    static func of(_ options: SessionOptions) -> [String] {
        switch options.location {
        case .sqlite(let path): return ["--store", "sqlite:" + path]
        // In memory nobody else finds it.
        case .sample(let path): return path.map { ["--store", "sqlite:" + $0] } ?? []
        case .rados:
            let rados = options.rados
            let named = [
                ("-p", rados.pool), ("-c", rados.configuration), ("-n", rados.client), ("-k", rados.keyring),
                ("-m", rados.monitors),
            ]
            return named.flatMap { flag, value in value.map { [flag, $0] } ?? [] }
        }
    }
}
