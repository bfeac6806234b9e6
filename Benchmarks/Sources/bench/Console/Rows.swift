/// Rows with the same names for both programs: a thousand directories, with equal numbers of rows.
enum Rows {
    private static let root = "/docker/registry/v2/repositories"

    private static func names(_ count: Int) -> [(team: String, members: [String])] {
        let each = max(1, count / 1000)
        func padded(_ number: Int) -> String { String(String(number + 10_000).dropFirst()) }
        return (0..<(count + each - 1) / each).map { team in
            let members = (0..<min(each, count - team * each)).map { "service-\(padded($0))" }
            return ("team-\(padded(team))", members)
        }
    }

    /// The dump of a registry: repositories that hold nothing, which is enough for a row.
    static func registry(_ count: Int, _ write: (String) -> Void) {
        func directory(_ path: String, _ children: [String]) {
            let keys = children.map { "\"\($0)\":\"\"" }.joined(separator: ",")
            write("{\"data\":\"\",\"name\":\"\(path)\",\"omap\":{\(keys)},\"size\":0,\"xattrs\":{}}")
        }
        directory("/", ["/", "docker"])
        directory("/docker", ["registry"])
        directory("/docker/registry", ["v2"])
        directory("/docker/registry/v2", ["repositories"])
        let names = names(count)
        directory(root, names.map(\.team))
        for (team, members) in names {
            directory("\(root)/\(team)", members)
            for member in members {
                directory("\(root)/\(team)/\(member)", ["_layers"])
                directory("\(root)/\(team)/\(member)/_layers", [])
            }
        }
    }

    /// An export of ncdu with all entries in one directory, since it shows one directory at a time.
    static func ncdu(_ count: Int, _ write: (String) -> Void) {
        let program = "{\"progname\":\"bench\",\"progver\":\"1\",\"timestamp\":0}"
        write("[1,2,\(program),[{\"name\":\"/registry\",\"asize\":0,\"dsize\":0}")
        for (team, members) in names(count) {
            for (number, member) in members.enumerated() {
                let size = 4096 * (number + 1)
                write(",{\"name\":\"\(team)-\(member)\",\"asize\":\(size),\"dsize\":\(size)}")
            }
        }
        write("]]")
    }
}
