using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Pqf.Tensors.Formats;

/// <summary>
/// Reads one pickle as data: tensors, dictionaries, lists, tuples, sets, numbers, strings, truth values and None. Nothing is executed;
/// objects of other classes are read as blanks, and other opcodes are refused by name.
/// </summary>
/// <remarks>
/// Obeys what protocols 2 to 5 need for such values. Time and memory are proportional to the pickle's length, and both are limited: a value
/// may be used many times but is never copied or walked here.
/// Source: Python's documentation of module pickletools.
/// </remarks>
ref struct Unpickler
{
    // Large checkpoints with optimizer state have some 10⁵ opcodes.
    const int MaxOpcodes = 10_000_000;

    static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    readonly ReadOnlySpan<byte> bytes;
    readonly Dictionary<uint, object?> memo = [];
    readonly Stack<int> marks = new();
    readonly List<object?> stack = [];
    readonly HashSet<StorageReference> storages;
    int copies;

    Unpickler(ReadOnlySpan<byte> bytes, HashSet<StorageReference> storages)
    {
        this.bytes = bytes;
        this.storages = storages;
    }

    int Position { get; set; }

    /// <summary>Reads the pickle at the start of a range.</summary>
    /// <param name="bytes">The pickle and what follows it.</param>
    /// <param name="length">Bytes that the pickle takes.</param>
    /// <param name="storages">Receives every storage that it refers to, once.</param>
    /// <returns>null, bool, long, BigInteger, double, string, or a type of this folder.</returns>
    /// <exception cref="InvalidDataException">It is damaged, or holds something else than data.</exception>
    public static object? Read(ReadOnlySpan<byte> bytes, out int length, HashSet<StorageReference> storages)
    {
        var unpickler = new Unpickler(bytes, storages);
        object? value = unpickler.Run();
        length = unpickler.Position;
        return value;
    }

    object? Run()
    {
        for (int count = 0; count < MaxOpcodes; count++)
        {
            var opcode = (PickleOpcode)ReadByte();
            if (opcode == PickleOpcode.STOP)
                return Pop();
            if (!Push(opcode) && !Collect(opcode) && !Remember(opcode))
                Call(opcode);
        }

        throw Problem($"more than {MaxOpcodes} opcodes");
    }

    /// <summary>Opcodes that push one literal.</summary>
    bool Push(PickleOpcode opcode)
    {
        object? value;
        switch (opcode)
        {
            case PickleOpcode.NONE:
                value = null;
                break;
            case PickleOpcode.NEWTRUE:
                value = true;
                break;
            case PickleOpcode.NEWFALSE:
                value = false;
                break;
            case PickleOpcode.BININT:
                value = (long)BinaryPrimitives.ReadInt32LittleEndian(Take(4));
                break;
            case PickleOpcode.BININT1:
                value = (long)ReadByte();
                break;
            case PickleOpcode.BININT2:
                value = (long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2));
                break;
            case PickleOpcode.LONG1:
                value = ReadLong();
                break;
            case PickleOpcode.BINFLOAT:
                value = BinaryPrimitives.ReadDoubleBigEndian(Take(8));
                break;
            case PickleOpcode.SHORT_BINSTRING or PickleOpcode.SHORT_BINUNICODE:
                value = ReadText(ReadByte());
                break;
            case PickleOpcode.BINSTRING or PickleOpcode.BINUNICODE:
                value = ReadText(ReadUInt32());
                break;
            case PickleOpcode.SHORT_BINBYTES:
                Take(ReadByte());
                value = new PickleBlank("bytes");
                break;
            case PickleOpcode.BINBYTES:
                Take(ReadUInt32());
                value = new PickleBlank("bytes");
                break;
            case PickleOpcode.EMPTY_DICT:
                value = new PickleDictionary();
                break;
            case PickleOpcode.EMPTY_LIST or PickleOpcode.EMPTY_SET:
                value = new PickleList();
                break;
            case PickleOpcode.EMPTY_TUPLE:
                value = new PickleTuple([]);
                break;
            case PickleOpcode.GLOBAL:
                value = PickleGlobals.Find(ReadLine(), ReadLine());
                break;
            default:
                return false;
        }

        stack.Add(value);
        return true;
    }

    /// <summary>Opcodes that gather values of the stack.</summary>
    bool Collect(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.MARK:
                marks.Push(stack.Count);
                break;
            case PickleOpcode.TUPLE:
                stack.Add(new PickleTuple(PopMarked()));
                break;
            case PickleOpcode.TUPLE1:
                stack.Add(new PickleTuple(PopMany(1)));
                break;
            case PickleOpcode.TUPLE2:
                stack.Add(new PickleTuple(PopMany(2)));
                break;
            case PickleOpcode.TUPLE3:
                stack.Add(new PickleTuple(PopMany(3)));
                break;
            case PickleOpcode.APPEND:
                Append(PopMany(1));
                break;
            case PickleOpcode.APPENDS or PickleOpcode.ADDITEMS:
                Append(PopMarked());
                break;
            case PickleOpcode.SETITEM:
                SetItems(PopMany(2));
                break;
            case PickleOpcode.SETITEMS:
                SetItems(PopMarked());
                break;
            default:
                return false;
        }

        return true;
    }

    /// <summary>Opcodes about the memo and the protocol.</summary>
    bool Remember(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.PROTO:
                if (ReadByte() is var protocol and not (2 or 3 or 4 or 5))
                    throw Problem($"protocol {protocol}; expected 2 to 5");
                break;
            case PickleOpcode.FRAME:
                Take(8);
                break;
            case PickleOpcode.BINPUT:
                memo[ReadByte()] = Top();
                break;
            case PickleOpcode.LONG_BINPUT:
                memo[ReadUInt32()] = Top();
                break;
            case PickleOpcode.MEMOIZE:
                memo[(uint)memo.Count] = Top();
                break;
            case PickleOpcode.BINGET:
                stack.Add(Recall(ReadByte()));
                break;
            case PickleOpcode.LONG_BINGET:
                stack.Add(Recall(ReadUInt32()));
                break;
            default:
                return false;
        }

        return true;
    }

    /// <summary>Opcodes that would call something; what they call is one of <see cref="PickleGlobals"/>.</summary>
    void Call(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.STACK_GLOBAL:
                object?[] names = PopMany(2);
                stack.Add(PickleGlobals.Find(Expect<string>(names[0], "string"), Expect<string>(names[1], "string")));
                break;
            case PickleOpcode.NEWOBJ_EX: // class, arguments, arguments by name
                Expect<PickleDictionary>(Pop(), "dictionary");
                Call(PickleOpcode.NEWOBJ);
                break;
            case PickleOpcode.REDUCE or PickleOpcode.NEWOBJ:
                object?[] call = PopMany(2);
                if (call[0] is PickleBlank method) // a bound function, such as one that another call gave
                {
                    stack.Add(method);
                    break;
                }

                stack.Add(
                    PickleGlobals.Call(Expect<PickleGlobal>(call[0], "function"), Expect<PickleTuple>(call[1], "tuple").Items, ref copies)
                );
                break;
            case PickleOpcode.BINPERSID:
                var storage = PickleGlobals.Storage(Expect<PickleTuple>(Pop(), "tuple").Items);
                storages.Add(storage);
                stack.Add(storage);
                break;
            case PickleOpcode.BUILD: // attributes of a container, such as a state dict's _metadata: not read
                object? state = Pop();
                if (Top() is PickleBlank)
                    break; // its attributes are not read either
                Expect<PickleDictionary>(state, "dictionary");
                Expect<PickleDictionary>(Top(), "dictionary");
                break;
            default:
                throw Problem(Enum.IsDefined(opcode) ? $"opcode {opcode} is refused" : $"unknown opcode 0x{(byte)opcode:X2}");
        }
    }

    readonly void Append(object?[] items)
    {
        if (Top() is not PickleBlank)
            Expect<PickleList>(Top(), "list").Items.AddRange(items);
    }

    readonly void SetItems(object?[] items)
    {
        if (Top() is PickleBlank)
            return;
        var dictionary = Expect<PickleDictionary>(Top(), "dictionary");
        if (items.Length % 2 != 0)
            throw Problem("a key without a value");
        for (int i = 0; i < items.Length; i += 2)
            dictionary.Items.Add(new(items[i], items[i + 1]));
    }

    readonly T Expect<T>(object? value, string expected)
        where T : class => value as T ?? throw Problem($"expected a {expected}, got {PickleGlobals.Describe(value)}");

    readonly object? Recall(uint index) =>
        memo.TryGetValue(index, out object? value) ? value : throw Problem($"nothing is stored under {index}");

    readonly object? Top() => stack.Count > (marks.TryPeek(out int mark) ? mark : 0) ? stack[^1] : throw Problem("the stack is empty");

    readonly object? Pop()
    {
        object? value = Top();
        stack.RemoveAt(stack.Count - 1);
        return value;
    }

    readonly object?[] PopMany(int count)
    {
        if (stack.Count - (marks.TryPeek(out int mark) ? mark : 0) < count)
            throw Problem("the stack is empty");
        return PopFrom(stack.Count - count);
    }

    readonly object?[] PopMarked() => PopFrom(marks.TryPop(out int mark) ? mark : throw Problem("no mark"));

    readonly object?[] PopFrom(int start)
    {
        object?[] items = [.. stack[start..]];
        stack.RemoveRange(start, items.Length);
        return items;
    }

    byte ReadByte() => Take(1)[0];

    uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    object ReadLong()
    {
        var number = new BigInteger(Take(ReadByte()));
        object value = number;
        if (number >= long.MinValue && number <= long.MaxValue)
            value = (long)number;
        return value;
    }

    string ReadText(uint length)
    {
        try
        {
            return StrictUtf8.GetString(Take(length));
        }
        catch (DecoderFallbackException)
        {
            throw Problem("a string is not UTF-8");
        }
    }

    string ReadLine()
    {
        int length = bytes[Position..].IndexOf((byte)'\n');
        if (length < 0)
            throw Problem("ends in the middle of a name");
        string line = ReadText((uint)length);
        Position++;
        return line;
    }

    ReadOnlySpan<byte> Take(uint count)
    {
        if (count > bytes.Length - Position)
            throw Problem("ends too early; the file is truncated or corrupt");
        var taken = bytes.Slice(Position, (int)count);
        Position += (int)count;
        return taken;
    }

    readonly InvalidDataException Problem(string problem) => new($"pickle, byte {Position}: {problem}");
}
