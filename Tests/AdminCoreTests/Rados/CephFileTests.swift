#if RADOS
import Foundation
import Glibc
import Testing

@testable import ObjectStore
@testable import RadosStore

/// Files and options that would make librados end the process, or that it would misunderstand.
/// `RadosConnectTests` and `CephCommandTests` test the errors of librados itself.
struct CephFileTests {
    private func configuration(
        _ file: String, _ environment: [String: String] = [:], client: String? = nil
    ) throws -> RadosConfiguration {
        var options = RadosOptions()
        options.configuration = file
        options.client = client
        return try RadosConfiguration(options, environment: environment)
    }

    private func reason(_ body: () throws -> RadosConfiguration) throws -> String {
        try #require(throws: StoreError.self) { try body() }.reason
    }

    /// librados 16.2 ends the process at each of these texts.
    @Test func bytesThatWouldCrashLibradosAreRefused() throws {
        let place = try TemporaryDirectory()
        defer { place.remove() }
        let file = place.path("ceph.conf")
        let cases: [(text: String, line: Int, names: String)] = [
            ("\u{FEFF}[global]\nmon_host = 1.2.3.4\n", 1, "U+FEFF (BYTE ORDER MARK)"),
            ("[global]\nmon_host\u{A0}= 1.2.3.4\n", 2, "U+00A0 (NO-BREAK SPACE)"),
            ("[global]\nmon_host = 1.2.3.4\u{200B}\n", 2, "U+200B (ZERO WIDTH SPACE)"),
            ("# ü\r\n[global]\r\n\r\nmon_host = 1.2.3.4 \u{2013}\r\n", 4, "U+2013 (EN DASH)"),
            ("[glöbal]\n", 1, "U+00F6"),
            ("[global]\nx = \u{201C}a\u{201D}\n", 2, "U+201C (LEFT DOUBLE QUOTATION MARK)"),
            ("[global]\nx = \"a\" \u{A0}# b\n", 2, "U+00A0"), ("[global]\nx = a \"ü\"\n", 2, "U+00FC"),
            ("[global]\nx = a\\\n  b\\\n\u{1F600}\n", 4, "U+1F600 (GRINNING FACE)"),
            ("[global]\nx = \\\n \"ü\"\n", 3, "U+00FC"), ("[global]\nx = \\ü\n", 2, "U+00FC"),
            ("[global]\nx = 'a\\'ü' ü\n", 2, "U+00FC"), ("[global]\rx = 1\r\u{2028}\r", 3, "U+2028 (LINE SEPARATOR)"),
            ("[global]\nx = 1\n\0\0\n", 3, "U+0000 (NUL)"),
        ]
        for (text, line, names) in cases {
            try Data(text.utf8).write(to: URL(filePath: file))
            let reason = try reason { try configuration(file) }
            #expect(reason.hasPrefix("\(file), line \(line): ") && reason.contains(names), "\(reason)")
        }
        let encoded: [(bytes: [UInt8], line: Int, names: String)] = [
            (Array("[global]\nx = 1 # M".utf8) + [0xfc] + Array("ller\n".utf8), 2, "no UTF-8"),
            ([0xff, 0xfe, 0x5b, 0], 1, "UTF-16"), ([0xfe, 0xff, 0, 0x5b], 1, "UTF-16"), ([0xe2, 0x80], 1, "no UTF-8"),
        ]
        for (bytes, line, names) in encoded {
            try Data(bytes).write(to: URL(filePath: file))
            let reason = try reason { try configuration(file) }
            #expect(reason.hasPrefix("\(file), line \(line): ") && reason.contains(names), "\(reason)")
        }
    }

    @Test func pathsThatAreNoFilesAreRefused() throws {
        let place = try TemporaryDirectory()
        defer { place.remove() }
        let file = place.path("ceph.conf")
        #expect(try reason { try configuration(place.url.path(percentEncoded: false)) }.contains("is a directory"))
        #expect(mkfifo(file, 0o600) == 0)
        #expect(try reason { try configuration(file) }.contains("is a pipe"))
        #expect(try reason { try configuration("\(file)/x") }.contains("Not a directory"))
        #expect(try reason { try configuration("/dev/zero") }.contains("is a device"))
        #expect(try reason { try configuration("") }.contains("(from --conf) is empty"))
        let long = place.path("long.conf")
        #expect(FileManager.default.createFile(atPath: long, contents: nil) && truncate(long, 1 << 32) == 0)
        #expect(try reason { try configuration(long) }.contains("more than 16 MiB"))
        // Ceph accepts this file too.
        #expect(try configuration("/dev/null").file == "/dev/null")
        #expect(try configuration("/no/such,/dev/null;\(file)").file == "/dev/null")
    }

    @Test func mistakesAreReportedWithTheirLine() throws {
        let place = try TemporaryDirectory()
        defer { place.remove() }
        let cases: [(text: String, line: Int, words: String)] = [
            ("[global]\nx = 1", 2, "does not end with a line break"), ("[global]\nx\n", 2, "without an equals sign"),
            (" [global]\n", 1, "before the first section"), ("x = 1\n", 1, "before the first section"),
            ("[global]\n [client]\n", 2, "blanks before the section"), ("[global\n", 1, "does not end with a bracket"),
            ("[global]\nx = \"a\n", 2, "quotes are not closed"), ("[global]\nx = \"a#b\"\n", 2, "comment begins"),
            ("[global]\nx = \"a\" b\n", 2, "behind the closing quote"), ("[global]\n= 1\n", 2, "no name"),
            ("[a] b\n", 1, "behind the section's name"),
        ]
        for (text, line, words) in cases {
            let path = place.path("ceph.conf")
            try Data(text.utf8).write(to: URL(filePath: path))
            let mistake = try #require(CephFile(path).mistake, "\(text)")
            #expect(mistake.line == line && mistake.text.contains(words), "\(mistake)")
        }
    }

    @Test(arguments: [
        ("--id \"admin\"", "quotes"), ("--name='client.admin'", "quotes"), ("-c 'a b.conf'", "quotes"),
        ("--keyring", "--keyring, which needs a value"), ("--id x -m", "-m, which needs a value"),
        ("-k=/x --client_mountpoint", "--client_mountpoint, which needs a value"),
        ("--show_conf", "--show-conf"), ("--bind x", "--bind"), ("--id\tx", "spaces"),
        ("--id x\n--keyring y", "spaces"),
    ])
    func unsupportedArgumentsInTheEnvironmentAreRefused(_ text: String, _ words: String) throws {
        let reason = try reason { try configuration("/dev/null", ["CEPH_ARGS": text]) }
        #expect(reason.hasPrefix("CEPH_ARGS ") && reason.contains(words), "\(reason)")
    }

    @Test func argumentsInTheEnvironment() throws {
        for (text, client) in [
            ("--id x --keyring /o'brien", "client.x"), ("  --user=y\n", "client.y"),
            ("--keyring --id -n client.z", "client.z"),
            ("-- --id x", "client.admin"),
        ] {
            #expect(try configuration("/dev/null", ["CEPH_ARGS": text]).client == client, "\(text)")
        }
        let reason = try reason {
            try RadosConfiguration(RadosOptions(), environment: ["CEPH_ARGS": "-c /no/such.conf"])
        }
        #expect(reason.contains("/no/such.conf (from CEPH_ARGS) does not exist"))
    }

    @Test func invalidNamesAreRefused() throws {
        for (name, words) in [
            ("admin", "client.admin, which was probably meant"), ("Client.x", "client.x, which was probably meant"),
            ("osd.0", "--id admin"), ("client.", "--id admin"), ("", "--id admin"),
        ] {
            let reason = try reason { try configuration("/dev/null", client: name) }
            #expect(reason.contains("is not the name of a client") && reason.contains(words), "\(reason)")
        }
        #expect(RadosConfiguration.probableClient("client.client.x") == "client.x")
    }

    @Test func keysOfOtherTypesAreRefused() {
        let secret = [UInt8](repeating: 7, count: 16)
        func key(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
        #expect(CephKeyring.fault(ofKey: key([1, 0] + [UInt8](repeating: 0, count: 8) + [16, 0] + secret)) == nil)
        let wide = key([2, 0] + [UInt8](repeating: 0, count: 8) + [32, 0] + secret + secret)
        #expect(CephKeyring.fault(ofKey: wide)?.contains("of type 2") == true)
        #expect(CephKeyring.fault(ofKey: key([1, 1]))?.contains("of type 257") == true)
        for damaged in [
            "", "AQ", "?", key([1]), key([1, 0, 0]), key([1, 0] + [UInt8](repeating: 0, count: 8) + [8, 0]),
        ] {
            #expect(CephKeyring.fault(ofKey: damaged)?.contains("damaged") == true)
        }
    }
}
#endif
