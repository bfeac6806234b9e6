import Foundation
import Testing

@testable import AdminCore
@testable import regtop

/// The values that shells offer.
@Suite(.timeLimit(.minutes(15))) struct CompletionTests {
    /// The values for the last word of a command line, as the scripts ask for them.
    ///
    /// - Parameter limit: The longest wait; nil for the usual one.
    private func values(
        _ argument: String, of command: String = "show", _ words: [String], limit: String? = "60s",
        in place: TemporaryPlace
    ) async throws -> [String] {
        let line = ["regtop", command] + words
        let run = try await RegtopProgram.run(
            ["---completion", command, "--", argument, "\(line.count - 1)", "\(words.last?.count ?? 0)"] + line,
            through: ["env", "-u", "XDG_CONFIG_HOME"] + (limit.map { ["REGTOP_COMPLETION_LIMIT=\($0)"] } ?? []),
            in: place)
        #expect(run.status == 0 && run.error.isEmpty, "\(run.error)")
        return run.text.split(separator: "\n").map(String.init)
    }

    @Test func namesAreThoseOfTheStoreOnTheLine() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        func reference(_ text: String) async throws -> [String] {
            try await values("positional@0", [store, text], in: place)
        }
        #expect(try await reference("") == Fixture.states.keys.sorted())
        #expect(try await reference("stale/") == ["stale/layer-unlinked", "stale/never-touched", "stale/old-service"])
        let tags = ["library/alpine", "library/alpine:3.1", "library/alpine:3.2", "library/alpine:latest"]
        #expect(try await reference("lib") == tags)
        #expect(try await reference("library/alpine:3") == Array(tags[1...2]))
        #expect(try await reference("library/alpine:4").isEmpty)
        #expect(try await reference("library/alpine/").isEmpty)
        #expect(try await reference("nowhere:").isEmpty)
        let digests = try await reference("library/alpine@")
        #expect(digests.count == 2 && digests.allSatisfy { ImageReference($0) != nil }, "\(digests)")
        // The words are those of the shell, with their quotes.
        #expect(
            try await values("positional@0", ["--store", "'\(store.dropFirst(8))'", "\"team"], in: place) == [
                "team/x/deep", "team/x/deep:v1",
            ])
        #expect(
            try await values("positional@0", [store, "-p", "pool\\ x", "team/x/deep:"], in: place) == ["team/x/deep:v1"]
        )

        let layer = Fixture.bigLayer
        #expect(try await values("positional@0", of: "why", [store, String(layer.prefix(11))], in: place) == [layer])
        #expect(
            try await values("positional@0", of: "why", [store, "d775"], in: place) == [String(layer.dropFirst(7))])
        #expect(try await values("positional@0", of: "why", [store, "sh"], in: place) == ["sha256:"])
        #expect(try await values("positional@0", of: "ls", [store, "/doc"], in: place) == ["/docker/"])
        #expect(
            try await values("positional@0", of: "ls", [store, "/docker/registry/v2/r"], in: place)
                == ["/docker/registry/v2/repositories/"])
        #expect(try await values("--store", ["--store", "sqlite:fix"], in: place) == ["sqlite:fixture.db"])
    }

    @Test func registriesAreThoseOfTheConfiguration() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        try FileManager.default.createDirectory(
            atPath: "\(place.path)/.config/regtop", withIntermediateDirectories: true)
        try """
        registries:
          copy: {store: "\(store.dropFirst(8))"}
          "with space": {pool: x}
          "bell\\a": {pool: x}
        """.write(toFile: "\(place.path)/.config/regtop/config.yml", atomically: true, encoding: .utf8)
        // A name that a terminal cannot show is left out.
        #expect(try await values("--registry", [""], in: place) == ["copy", "with space"])
        let words = ["--registry", "copy", "app"]
        let found = try await values("positional@0", words, in: place)
        #expect(found.first == "app/web" && found.count > 1)
        #expect(try await values("positional@0", ["--registry", "other", ""], in: place).isEmpty)
    }

    /// Without a store there is no value, no message and no file. Where no machine answers, the
    /// shell does not wait as long as the line says.
    @Test(.timeLimit(.minutes(15))) func withoutAStoreNothingIsOffered() async throws {
        let place = try TemporaryPlace()
        #expect(try await values("positional@0", ["--store=sqlite:nothing.db", ""], in: place).isEmpty)
        #expect(try await values("positional@0", ["--store", "file", ""], in: place).isEmpty)
        #expect(try await values("--pool", ["-c", "nowhere.conf", "-p", ""], in: place).isEmpty)
        // No machine answers at this address.
        try "[global]\nmon_host = 192.0.2.1\nauth_client_required = none\n".write(
            toFile: "\(place.path)/ceph.conf", atomically: true, encoding: .utf8)
        let words = ["-c", "ceph.conf", "--connect-timeout", "1h", "-p", ""]
        #expect(try await values("--pool", words, limit: nil, in: place).isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path) == ["ceph.conf"])
    }

    @Test func nothingIsChanged() async throws {
        let place = try TemporaryPlace()
        let store = try await place.fixture()
        let file = "\(place.path)/fixture.db"
        let before = try Data(contentsOf: URL(filePath: file))
        #expect(try await !values("positional@0", [store, ""], in: place).isEmpty)
        #expect(try Data(contentsOf: URL(filePath: file)) == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path) == ["fixture.db"])
    }

    /// The real shells: keys in a terminal, and the arguments that the program then gets.
    @Test(arguments: CompletingShell.allCases) func shellsCompleteReferences(_ shell: CompletingShell) async throws {
        let place = try TemporaryPlace()
        _ = try await place.fixture()
        let store = ["--store", "sqlite:fixture.db"]
        let calls = try await shell.type(
            "regtop show --store sqlite:fix\tlib\t:la\t",
            "regtop show --store sqlite:fixture.db damaged/resumed@\t-f js\t",
            "regtop sho\t--sto\tsqlite:fixture.db 'team/x/deep:\t",
            "regtop ls --store sqlite:fixture.db /doc\tregi\tv\tb\t", in: place)
        try #require(calls.count == 4, "\(calls)")
        #expect(calls[0] == ["show"] + store + ["library/alpine:latest"])
        #expect(calls[1].count == 6 && calls[1][3].contains(#/^damaged\/resumed@sha256:[0-9a-f]{64}$/#), "\(calls[1])")
        #expect(calls[1][5] == (shell == .fish ? "js" : "json") || calls[1][5] == "json")
        #expect(calls[2] == ["show"] + store + ["team/x/deep:v1"])
        #expect(calls[3] == ["ls"] + store + ["/docker/registry/v2/blobs/"])
    }

    /// As in the program, options may precede the subcommand. fish knows no words but those of its
    /// own command line.
    @Test(arguments: [CompletingShell.bash, .zsh]) func optionsMayPrecede(_ shell: CompletingShell) async throws {
        let place = try TemporaryPlace()
        _ = try await place.fixture()
        let calls = try await shell.type(
            "regtop --store sqlite:fixture.db sho\ttea\t:\t", "regtop --store sqlite:fix\t --read-o\t", in: place)
        #expect(
            calls == [
                ["--store", "sqlite:fixture.db", "show", "team/x/deep:v1"],
                ["--store", "sqlite:fixture.db", "--read-only"],
            ])
    }

    /// Names with spaces, quotes and commands reach the program as they are, and no command in them
    /// runs.
    @Test(arguments: CompletingShell.allCases) func hostileNamesAreText(_ shell: CompletingShell) async throws {
        let place = try TemporaryPlace()
        let names = [
            "a b", "c$(touch evil)", "d`touch evil`", "e'x", "f\"x", "g;touch evil", "h\\x", "i*", "j{1,2}", "k!!",
            "l~",
            "m:n", "n#o",
        ]
        try FileManager.default.createDirectory(
            atPath: "\(place.path)/.config/regtop", withIntermediateDirectories: true)
        let entries = names.map { name in
            "  '\(name.replacing("'", with: "''"))': {pool: x}\n"
        }
        try ("registries:\n" + entries.joined()).write(
            toFile: "\(place.path)/.config/regtop/config.yml", atomically: true, encoding: .utf8)
        let lines = names.map { "regtop show --registry \($0.prefix(1))\t" }
        let calls = try await shell.type(lines.joined(separator: "\n"), "regtop show --registry 'a\t", in: place)
        #expect(calls == (names + ["a b"]).map { ["show", "--registry", $0] })
        #expect(!FileManager.default.fileExists(atPath: "\(place.path)/evil"))
    }

    /// bash keeps the options and the traps that it had.
    @Test func bashStaysAsItWas() async throws {
        let place = try TemporaryPlace()
        _ = try await place.fixture()
        let state = "{ shopt; set -o; trap -p; } "
        _ = try await CompletingShell.bash.type(
            "trap 'true mine' RETURN", state + ">before", "regtop show --store sqlite:fixture.db lib\t",
            state + ">after", in: place)
        let before = try String(contentsOfFile: "\(place.path)/before", encoding: .utf8)
        #expect(try String(contentsOfFile: "\(place.path)/after", encoding: .utf8) == before)
        #expect(before.contains("mine"))
    }

    /// Every form of the request prints the mended script.
    @Test func theScriptHasOneForm() async throws {
        let place = try TemporaryPlace()
        let flag = "--generate-completion-script"
        let script = try await RegtopProgram.run(flag, "bash", in: place).text
        #expect(script.hasSuffix("complete -F _regtop_words regtop\n"))
        for words in [["\(flag)=bash"], ["repos", flag, "bash"]] {
            #expect(try await RegtopProgram.run(words, in: place).text == script)
        }
        let detected = try await RegtopProgram.run([flag], through: ["env", "SHELL=/bin/bash"], in: place)
        #expect(detected.text == script)
        #expect(try await RegtopProgram.run(flag, "csh", in: place).status == 64)
    }

    @Test(arguments: [
        ("plain", "plain"), ("'a b'", "a b"), ("a\\ b", "a b"), ("\"a\\\"b\\c\"", "a\"b\\c"), ("'a\\'", "a\\"),
        ("'open", "open"), ("a'b'\"c\"d", "abcd"), ("", ""), ("\\", ""),
    ])
    func wordsOfShells(_ word: String, _ plain: String) {
        #expect(ShellWord.plain(word) == plain)
    }
}
