import ArgumentParser
import Testing

@testable import AdminCore
@testable import ObjectStore
@testable import regtop

@Suite struct OptionParsingTests {
    @Test func cephOptionsAreParsed() throws {
        let command = try Regtop.parseAsRoot([
            "repos", "-p", "pool", "-c", "conf", "--id", "x", "-k", "key", "-m", "host", "--chunk-size", "8M",
            "--read-only", "--in-flight", "64", "--connect-timeout", "3s", "--timeout", "2m",
        ])
        let options = try #require(command as? ReposCommand).store.session()
        var rados = RadosOptions()
        rados.pool = "pool"
        rados.configuration = "conf"
        rados.client = "client.x"
        rados.keyring = "key"
        rados.monitors = "host"
        rados.inFlight = 64
        rados.connectTimeout = 3
        rados.operationTimeout = 120
        #expect(options.rados == rados)
        #expect(options.location == .rados)
        #expect(options.chunkSize == 8 << 20)
        #expect(options.readOnly)
    }

    @Test func theConsoleHasNoTimeout() throws {
        let command = try #require(try Regtop.parseAsRoot(["--store", "sqlite:x.db"]) as? ConsoleCommand)
        let options = command.store.session(waiting: true)
        #expect(options.rados.operationTimeout == nil)
        #expect(options.location == .sqlite(path: "x.db"))
    }

    @Test(arguments: [
        ["repos", "--in-flight", "0"], ["repos", "--in-flight", "513"], ["repos", "--store", "sqlite:"],
        ["repos", "--store", "file"], ["repos", "--chunk-size", "65M"], ["repos", "--chunk-size", "0"],
        ["repos", "--timeout", "15"],
        ["repos", "--timeout", "0"], ["repos", "--id", "x", "--name", "client.y"], ["tags"], ["tags", "a:b"], ["rm"],
        ["rm", "/a"],
        ["rm", "a/../b"],
        ["show", "a@sha256:12"], ["ls", "relative"], ["ls", "/a/.."], ["mv", "a:x", "b:y"], ["mv", "a", "B"],
        ["mv", "a", "b:y"],
        ["mv", "a@sha256:\(String(repeating: "0", count: 64))", "b"], ["chunks", "a"], ["repos", "-f", "yaml"],
    ])
    func wrongUsage(_ words: [String]) {
        let error = #expect(throws: (any Error).self) { try Regtop.parseAsRoot(words) }
        #expect(error.map { Regtop.exitCode(for: $0).rawValue } == 64)
    }

    @Test func optionsMayPrecedeTheSubcommand() {
        #expect(CommandWords.subcommandFirst(["-p", "repos", "repos", "-v"]) == ["repos", "-p", "repos", "-v"])
        #expect(CommandWords.subcommandFirst(["--pool=x", "-v", "ls", "/"]) == ["ls", "--pool=x", "-v", "/"])
        #expect(CommandWords.subcommandFirst(["-p", "x"]) == ["-p", "x"])
        #expect(CommandWords.subcommandFirst(["repos", "-p", "x"]) == ["repos", "-p", "x"])
        #expect(CommandWords.subcommandFirst(["--help"]) == ["--help"])
    }

    @Test func unknownSubcommandIsNamed() {
        #expect(CommandWords.complaint(["frobnicate"])?.contains("frobnicate") == true)
        #expect(CommandWords.complaint(["repos"]) == nil)
        #expect(CommandWords.complaint(["-p", "x"]) == nil)
        #expect(CommandWords.complaint([]) == nil)
    }

    /// Every help has examples, and its lines fit into 80 columns.
    @Test func everyCommandHasHelpWithExamples() {
        for command in Regtop.configuration.subcommands {
            let help = Regtop.helpMessage(for: command, columns: 80)
            #expect(help.contains("EXAMPLE"), "\(command)")
            #expect(help.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(command)")
            #expect(!command.configuration.abstract.isEmpty)
        }
    }

    @Test func theLogIsInTheStateDirectory() {
        #expect(LogFile.standardPath(["XDG_STATE_HOME": "/s", "HOME": "/h"]) == "/s/regtop/regtop.log")
        #expect(LogFile.standardPath(["HOME": "/h"]) == "/h/.local/state/regtop/regtop.log")
        #expect(
            LogFile.standardPath(["XDG_STATE_HOME": "relative", "HOME": "/h"]) == "/h/.local/state/regtop/regtop.log")
        #expect(LogFile.standardPath([:]) == nil)
    }
}
