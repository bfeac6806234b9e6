/// Turns the bytes of a terminal into keys, clicks and pasted texts.
///
/// A terminal also sends what no person typed: replies, reports of its mouse and of its focus, and
/// the marks around pasted text. All of that comes as a sequence after Esc, or after a control
/// character of eight bits, in any number of reads. The parser takes a sequence as a whole, so that
/// none of its letters is a key. Formats: ECMA-48 (5.4, 5.6), ctlseqs of xterm, the keyboard
/// protocol of kitty, console_codes(4) of Linux.
///
/// Text that comes faster than a person types is a paste as well, for terminals that do not mark
/// one.
nonisolated struct KeyParser {
    typealias Instant = ContinuousClock.Instant

    /// The time in which bytes continue an Esc or an unfinished sequence.
    static let patience = Duration.milliseconds(500)
    /// The time in which another Esc continues the one that acted: a key with Alt is Esc and the
    /// sequence of the key.
    static let altPatience = Duration.milliseconds(100)
    /// The time in which bytes continue a reply or a paste, which may be long.
    static let longPatience = Duration.seconds(2)
    /// Characters that come within this time of each other were not typed.
    static let haste = Duration.milliseconds(3)
    /// More characters than this in one read, or in haste, are a paste, unless they are all the
    /// same: a key that is held down over a slow connection sends several at once.
    static let mostTyped = 3
    /// The most bytes of a paste, or of a sequence, that are kept.
    private static let limits = (paste: 4 << 10, sequence: 256)
    /// The sequence at the end of a paste.
    private static let pasteEnd = Array("\u{1b}[201~".utf8)

    private enum State {
        case ground
        /// Esc came; acted: it was reported as a key already.
        case escape(acted: Bool)
        /// The bytes after `Esc [`.
        case control([UInt8])
        /// The bytes after `Esc O`.
        case single([UInt8])
        /// A letter follows that names a function key: `Esc [ [` of the Linux console.
        case linuxFunction
        /// A string such as a reply; it ends at BEL or ST. `last` may be the first byte of ST.
        case string(last: UInt8)
        /// The bytes of a report of the mouse after `Esc [ M`; it has three characters.
        case mouse([UInt8])
        /// Pasted text; `length` of its bytes came, the last `matched` of which may begin the mark
        /// at its end.
        case paste(length: Int, matched: Int)
        /// The bytes of an unfinished character, after Esc or not.
        case character([UInt8], isMeta: Bool)
    }

    private var state = State.ground
    /// True if the sequence continues an Esc that acted already: it does nothing more.
    private var isMuted = false
    /// The first bytes of a paste.
    private var pasted: [UInt8] = []
    private var found: [Key] = []
    private var lastRead: Instant?
    private var now = Instant.now
    /// The time between this read and the one before.
    private var gap = Duration.seconds(1)
    /// The last characters, each of which came in haste after the one before.
    private var hasty: [Character] = []
    private var lastPress: (at: Instant, row: Int, column: Int, number: Int)?

    /// Keys of this terminal by their sequences; they come before the common ones.
    private let known: [[UInt8]: Key]
    private let hasUnicode: Bool

    /// - Parameters:
    ///   - known: Keys by their whole sequences, from the terminal's description.
    ///   - hasUnicode: True if characters are UTF-8; Latin-1 otherwise.
    init(known: [[UInt8]: Key] = [:], hasUnicode: Bool = true) {
        self.known = known
        self.hasUnicode = hasUnicode
    }

    /// True if Esc was the last byte, and nobody knows yet whether it was the key.
    var isUndecided: Bool {
        if case .escape(acted: false) = state { true } else { false }
    }

    /// Takes the bytes of one read, and returns what was typed.
    mutating func take(_ bytes: some Sequence<UInt8>, at now: Instant) -> TypedKeys {
        if let lastRead { gap = now - lastRead }
        self.now = now
        lastRead = now
        expire()
        for byte in bytes { step(byte) }
        return typed(isHasty: gap < Self.haste)
    }

    /// Takes the silence after an Esc, which was the key then.
    mutating func takeSilence() -> TypedKeys {
        guard isUndecided else { return TypedKeys() }
        state = .escape(acted: true)
        return TypedKeys(keys: [.escape])
    }

    /// Gives up what no byte has continued for too long.
    private mutating func expire() {
        switch state {
        case .ground: return
        case .string: if gap <= Self.longPatience { return }
        case .paste(let length, _):
            if gap <= Self.longPatience { return }
            endPaste(length)
        case .escape(acted: false):
            if gap <= Self.patience { return }
            found.append(.escape)
        case .escape(acted: true), .control, .single, .linuxFunction, .mouse, .character:
            if gap <= Self.patience { return }
        }
        leave()
    }

    private mutating func leave() {
        state = .ground
        isMuted = false
    }

    private mutating func emit(_ key: Key?) {
        if let key, !isMuted { found.append(key) }
        leave()
    }

    // MARK: - Bytes

    private mutating func step(_ byte: UInt8) {
        switch state {
        case .ground: begin(byte, isMeta: false)
        case .escape(let acted): afterEscape(byte, acted)
        case .control(let body): control(byte, body)
        case .single(let body): single(byte, body)
        case .linuxFunction:
            if byte == 0x1b { return restart() }
            emit((0x41...0x45).contains(byte) ? .function(Int(byte) - 0x40) : nil)
        case .string(let last): string(byte, last)
        case .mouse(let body): mouse(byte, body)
        case .paste(let length, let matched): paste(byte, length, matched)
        case .character(let bytes, let isMeta): character(byte, bytes, isMeta)
        }
    }

    private mutating func restart() {
        state = .escape(acted: false)
        isMuted = false
    }

    private mutating func afterEscape(_ byte: UInt8, _ acted: Bool) {
        switch byte {
        case UInt8(ascii: "["), UInt8(ascii: "O"), UInt8(ascii: "P"), UInt8(ascii: "X"), UInt8(ascii: "]"),
            UInt8(ascii: "^"), UInt8(ascii: "_"):
            isMuted = isMuted || acted
            introduce(byte)
        case _ where acted:
            leave()
            begin(byte, isMeta: false)
            // Over a slow connection; a person needs longer to press another key.
            isMuted = byte == 0x1b && gap < Self.altPatience
        // Esc and a sequence are a key with Alt.
        case 0x1b: isMuted = true
        // Alt comes as Esc and a character.
        case 0x08, 0x20...: begin(byte, isMeta: true)
        default: leave()
        }
    }

    /// Begins a sequence by the letter of its introducer after Esc.
    private mutating func introduce(_ byte: UInt8) {
        state =
            switch byte {
            case UInt8(ascii: "["): .control([])
            case UInt8(ascii: "O"): .single([])
            default: .string(last: 0)
            }
    }

    /// Takes a byte that begins a character.
    private mutating func begin(_ byte: UInt8, isMeta: Bool) {
        switch byte {
        case 0x1b: restart()
        case ..<0x80: finish(UnicodeScalar(byte), isMeta)
        case 0xc2...0xf4 where hasUnicode: state = .character([byte], isMeta: isMeta)
        default: finish(UnicodeScalar(byte), isMeta, isValid: !hasUnicode)
        }
    }

    private mutating func character(_ byte: UInt8, _ bytes: [UInt8], _ isMeta: Bool) {
        guard (0x80...0xbf).contains(byte) else {
            state = .ground
            return step(byte)
        }
        let bytes = bytes + [byte]
        let length = bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : 4
        guard bytes.count == length else {
            state = .character(bytes, isMeta: isMeta)
            return
        }
        let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars
        if let scalar = scalars.first, scalars.count == 1 { finish(scalar, isMeta) } else { leave() }
    }

    /// Takes a whole character. An invalid byte is no character, but may be a control character of
    /// eight bits.
    private mutating func finish(_ scalar: UnicodeScalar, _ isMeta: Bool, isValid: Bool = true) {
        switch scalar.value {
        case 0x8f, 0x90, 0x98, 0x9b, 0x9d, 0x9e, 0x9f:
            introduce(UInt8(scalar.value - 0x40))
        default:
            guard isValid else { return leave() }
            let key = Self.key(scalar)
            guard isMeta else { return emit(key) }
            switch key {
            case .character(let character): emit(.meta(character))
            case .backspace: emit(.meta("\u{7f}"))
            default: leave()
            }
        }
    }

    private mutating func control(_ byte: UInt8, _ body: [UInt8]) {
        switch byte {
        case 0x1b: restart()
        case 0x18, 0x1a: leave()
        case 0x20...0x3f: if body.count < Self.limits.sequence { state = .control(body + [byte]) }
        case UInt8(ascii: "[") where body.isEmpty: state = .linuxFunction
        case UInt8(ascii: "M") where body.isEmpty: state = .mouse([])
        case 0x40...0x7e:
            let sequence = ControlSequence(body, byte)
            if sequence.opensPaste {
                pasted = []
                state = .paste(length: 0, matched: 0)
            } else if let report = sequence.mouse {
                emit(key(of: report))
            } else {
                emit(known[[0x1b, UInt8(ascii: "[")] + body + [byte]] ?? sequence.key)
            }
        default: break
        }
    }

    private mutating func single(_ byte: UInt8, _ body: [UInt8]) {
        switch byte {
        case 0x1b: restart()
        case 0x30...0x3f: if body.count < Self.limits.sequence { state = .single(body + [byte]) }
        case 0x20...0x7e: emit(known[[0x1b, UInt8(ascii: "O")] + body + [byte]] ?? ControlSequence.single(byte))
        default: leave()
        }
    }

    private mutating func string(_ byte: UInt8, _ last: UInt8) {
        switch (last, byte) {
        case (0x1b, UInt8(ascii: "\\")), (0xc2, 0x9c), (_, 0x07), (_, 0x18), (_, 0x1a): leave()
        // Esc ends a string in any case, and another sequence begins.
        case (0x1b, let byte) where byte != 0x1b: afterEscape(byte, false)
        default: state = .string(last: byte)
        }
    }

    private mutating func mouse(_ byte: UInt8, _ body: [UInt8]) {
        if byte == 0x1b { return restart() }
        let body = body + [byte]
        // Places beyond 95 have one byte above 0x7f, or two in UTF-8.
        var values: [Int] = []
        for byte in body {
            if let lead = values.last, (0xc2...0xdf).contains(lead), (0x80...0xbf).contains(byte) {
                values[values.count - 1] = (lead & 0x1f) << 6 | Int(byte & 0x3f)
            } else {
                values.append(Int(byte))
            }
        }
        let isOpen = values.last.map { (0xc2...0xdf).contains($0) } ?? false
        guard values.count > 3 || values.count == 3 && !isOpen else {
            state = .mouse(body)
            return
        }
        emit(key(of: MouseReport(button: values[0] - 32, column: values[1] - 33, row: values[2] - 33)))
        if values.count > 3 { step(byte) }
    }

    private mutating func paste(_ byte: UInt8, _ length: Int, _ matched: Int) {
        if pasted.count < Self.limits.paste { pasted.append(byte) }
        let isNext = byte == Self.pasteEnd[matched]
        let matched = isNext ? matched + 1 : byte == Self.pasteEnd[0] ? 1 : 0
        if matched == Self.pasteEnd.count { return endPaste(length + 1 - matched) }
        state = .paste(length: length + 1, matched: matched)
    }

    /// Ends a paste of `length` bytes, the first of which are kept.
    private mutating func endPaste(_ length: Int) {
        emit(.paste(String(decoding: pasted.prefix(length), as: UTF8.self)))
        pasted = []
    }

    // MARK: - Keys

    /// Returns the key of a character; nil if no key sends it.
    static func key(_ scalar: UnicodeScalar) -> Key? {
        switch scalar.value {
        case 0x0a, 0x0d: .enter
        case 0x09: .tab
        case 0x1b: .escape
        case 0x08, 0x7f: .backspace
        case 0x00: .control(" ")
        case 0x01...0x1a: .control(Character(UnicodeScalar(UInt8(scalar.value + 0x60))))
        case 0x1c...0x1f: .control(Character(UnicodeScalar(UInt8(scalar.value + 0x40))))
        default: isVisible(Character(scalar)) ? .character(Character(scalar)) : nil
        }
    }

    /// True for a character that a key sends.
    static func isVisible(_ character: Character) -> Bool {
        character.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }

    private mutating func key(of report: MouseReport) -> Key? {
        guard report.row >= 0, report.column >= 0 else { return nil }
        func event(_ kind: MouseEvent.Kind) -> Key {
            .mouse(MouseEvent(kind: kind, row: report.row, column: report.column))
        }
        // The bits for Shift, Alt and Ctrl do not count; those for moves and other buttons do.
        switch report.button & ~0b1_1100 {
        case 0:
            let isQuick =
                lastPress.map {
                    $0.row == report.row && abs($0.column - report.column) <= 2 && now - $0.at < .milliseconds(400)
                } ?? false
            let number = isQuick ? (lastPress?.number ?? 0) + 1 : 1
            lastPress = (now, report.row, report.column, number)
            // The third one in a row would act on what the second one has brought.
            return number > 2 ? nil : event(number == 2 ? .doubleClick : .click)
        case 64: return event(.wheelUp)
        case 65: return event(.wheelDown)
        default: return nil
        }
    }

    // MARK: - Haste

    /// Returns the keys of one read. Runs of characters that nobody types so fast become pastes.
    private mutating func typed(isHasty: Bool) -> TypedKeys {
        if !isHasty { hasty = [] }
        var keys: [Key] = []
        var run: [Key] = []
        for key in found {
            if key.text != nil {
                run.append(key)
            } else {
                keys += merged(run) + [key]
                run = []
            }
        }
        keys += merged(run)
        let typed = TypedKeys(keys: keys, isHurried: isHasty || found.count > 1)
        found = []
        return typed
    }

    private mutating func merged(_ run: [Key]) -> [Key] {
        hasty += run.compactMap { key in
            if case .character(let character) = key { character } else { nil }
        }
        defer { hasty = hasty.suffix(Self.mostTyped + 1) }
        guard !run.isEmpty, hasty.count > Self.mostTyped, Set(hasty).count > 1 else { return run }
        return [.paste(run.compactMap(\.text).joined())]
    }
}

/// The keys of one read.
nonisolated struct TypedKeys: Equatable {
    var keys: [Key] = []
    /// True if several keys came at once, or the first one right after those of the read before.
    var isHurried = false
}

/// A report of the mouse: the code of the button, and the place, counted from 0.
nonisolated struct MouseReport: Equatable {
    let button: Int
    let column: Int
    let row: Int
}

/// A control sequence: `Esc [`, parameters, and a final byte.
nonisolated struct ControlSequence {
    private let prefix: UInt8?
    private let isPlain: Bool
    /// The parameters with their parts; nil for an empty part.
    private let parameters: [[Int?]]
    private let final: Character

    /// - Parameter body: The bytes between `Esc [` and the final byte.
    init(_ body: [UInt8], _ last: UInt8) {
        final = Character(UnicodeScalar(last))
        let isPrivate = body.first.map { (0x3c...0x3f).contains($0) } ?? false
        prefix = isPrivate ? body.first : nil
        let rest = body.dropFirst(isPrivate ? 1 : 0)
        isPlain = rest.allSatisfy { (0x30...0x3b).contains($0) }
        parameters = rest.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map { parameter in
            parameter.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map {
                Int(String(decoding: $0, as: UTF8.self))
            }
        }
    }

    private func parameter(_ index: Int, _ part: Int = 0) -> Int? {
        guard index < parameters.count, part < parameters[index].count else { return nil }
        return parameters[index][part]
    }

    /// True for the mark before pasted text.
    var opensPaste: Bool { prefix == nil && isPlain && final == "~" && parameter(0) == 200 }

    /// A press of a button in the form of SGR.
    var mouse: MouseReport? {
        guard prefix == UInt8(ascii: "<"), isPlain, final == "M", let button = parameter(0),
            let column = parameter(1), let row = parameter(2), max(column, row) <= 0xffff
        else { return nil }
        return MouseReport(button: button, column: column - 1, row: row - 1)
    }

    private struct Modifiers: OptionSet {
        let rawValue: Int
        static let shift = Modifiers(rawValue: 1)
        static let alt = Modifiers(rawValue: 2)
        static let control = Modifiers(rawValue: 4)
        /// Caps Lock and Num Lock.
        static let locks = Modifiers(rawValue: 192)
    }

    /// The key that sends the sequence; nil if none does that the console knows. A key with Alt,
    /// Super, Hyper or Meta is another key, and the release of a key is none.
    var key: Key? {
        guard prefix == nil, isPlain, parameter(1, 1) != 3 else { return nil }
        let modifiers = Modifiers(rawValue: max(0, (parameter(1) ?? 1) - 1)).subtracting(.locks)
        switch final {
        case "u": return Self.key(code: parameter(0), modifiers)
        case "~" where parameter(0) == 27: return Self.key(code: parameter(2), modifiers)
        default:
            guard modifiers.isSubset(of: [.shift, .control]) else { return nil }
            return final == "~" ? Self.numbered[parameter(0) ?? 0] : lettered
        }
    }

    private static let numbered: [Int: Key] = {
        var keys: [Int: Key] = [
            1: .home, 7: .home, 4: .end, 8: .end, 2: .insert, 3: .delete, 5: .pageUp, 6: .pageDown,
        ]
        let functions = [11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24, 25, 26, 28, 29, 31, 32, 33, 34]
        for (number, code) in functions.enumerated() { keys[code] = .function(number + 1) }
        return keys
    }()

    private var lettered: Key? {
        guard (parameter(0) ?? 1) == 1, parameters.count <= 2 else { return nil }
        switch final {
        case "A": return .up
        case "B": return .down
        case "C": return .right
        case "D": return .left
        case "H": return .home
        case "F": return .end
        case "P": return .function(1)
        case "Q": return .function(2)
        case "S": return .function(4)
        case "Z": return .backtab
        // R is not F3 here: a report of the cursor's place looks the same.
        default: return nil
        }
    }

    /// Returns the key of a code of Unicode or of the protocol of kitty.
    private static func key(code: Int?, _ modifiers: Modifiers) -> Key? {
        guard let code, let scalar = UnicodeScalar(UInt32(clamping: code)) else { return nil }
        let isShifted = modifiers.contains(.shift)
        if modifiers.isSubset(of: [.shift, .control]) {
            switch code {
            case 27: return .escape
            case 13, 57414: return .enter
            case 9: return isShifted ? .backtab : .tab
            case 8, 127: return .backspace
            case 57399...57408: return .character(Character(UnicodeScalar(UInt8(code - 57399 + 0x30))))
            case 57417...57426:
                let keys: [Key] = [
                    .left, .right, .up, .down, .pageUp, .pageDown, .home, .end, .insert, .delete,
                ]
                return keys[code - 57417]
            default: break
            }
        }
        guard !(0xe000...0xf8ff).contains(code), case .character(let character)? = KeyParser.key(scalar) else {
            return nil
        }
        let typed =
            isShifted && character.isLetter ? Character(character.uppercased().prefix(1).description) : character
        switch modifiers.subtracting(.shift) {
        case []: return .character(typed)
        case .control: return character.isASCII ? .control(Character(character.lowercased())) : nil
        case .alt: return .meta(typed)
        default: return nil
        }
    }

    /// Returns the key of `Esc O` and this letter; nil if there is none. The keys of a number pad
    /// come so as well.
    static func single(_ byte: UInt8) -> Key? {
        switch Character(UnicodeScalar(byte)) {
        case "A": .up
        case "B": .down
        case "C": .right
        case "D": .left
        case "H": .home
        case "F": .end
        case "P", "Q", "R", "S": .function(Int(byte) - 0x4f)
        case "M": .enter
        case "X": .character("=")
        case "j"..."y": .character(Character(UnicodeScalar(byte - 0x40)))
        default: nil
        }
    }
}
