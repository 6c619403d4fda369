using System.Numerics;

namespace Pqf.Tensors.Formats;

/// <summary>The classes and functions that pickles of state dicts use, as constructors of data.</summary>
/// <remarks>Nothing is called. Objects of other classes lie beside the tensors of many checkpoints (arguments, numpy's scalars,
/// hyperparameters):
/// they are read as blanks. Modules that run programs or code are refused: a file that names them is an attack.</remarks>
static class PickleGlobals
{
    // PyTorch's are numbers, or numbers of addresses.
    const int MaxStorageName = 255;

    // PyTorch itself allows 64 axes.
    const int MaxRank = 64;

    // Containers copied by constructors: generous, but a hostile file may not copy a long list again and again.
    const int MaxCopies = 10_000_000;

    static readonly HashSet<string> RefusedModules =
    [
        "__builtin__",
        "builtins",
        "bdb",
        "code",
        "codeop",
        "commands",
        "ctypes",
        "importlib",
        "marshal",
        "nt",
        "os",
        "pdb",
        "pickle",
        "posix",
        "pty",
        "runpy",
        "shutil",
        "socket",
        "subprocess",
        "sys",
        "tempfile",
        "timeit",
        "webbrowser",
    ];

    // Python's own types, which factories of containers name (collections.defaultdict).
    static readonly HashSet<string> PlainTypes =
    [
        "bool",
        "bytearray",
        "bytes",
        "complex",
        "dict",
        "float",
        "frozenset",
        "int",
        "list",
        "long",
        "object",
        "range",
        "slice",
        "str",
        "tuple",
        "unicode",
        "xrange",
    ];

    static readonly Dictionary<string, DType> StorageTypes = new()
    {
        ["torch.BoolStorage"] = DType.Bool,
        ["torch.ByteStorage"] = DType.U8,
        ["torch.CharStorage"] = DType.I8,
        ["torch.ShortStorage"] = DType.I16,
        ["torch.IntStorage"] = DType.I32,
        ["torch.LongStorage"] = DType.I64,
        ["torch.HalfStorage"] = DType.F16,
        ["torch.BFloat16Storage"] = DType.BF16,
        ["torch.FloatStorage"] = DType.F32,
        ["torch.DoubleStorage"] = DType.F64,
        ["torch.storage.UntypedStorage"] = DType.U8,
    };

    static readonly Dictionary<string, DType> ElementTypes = new()
    {
        ["torch.bool"] = DType.Bool,
        ["torch.uint8"] = DType.U8,
        ["torch.int8"] = DType.I8,
        ["torch.uint16"] = DType.U16,
        ["torch.int16"] = DType.I16,
        ["torch.uint32"] = DType.U32,
        ["torch.int32"] = DType.I32,
        ["torch.uint64"] = DType.U64,
        ["torch.int64"] = DType.I64,
        ["torch.float16"] = DType.F16,
        ["torch.bfloat16"] = DType.BF16,
        ["torch.float32"] = DType.F32,
        ["torch.float64"] = DType.F64,
    };

    /// <summary>PyTorch's class of storages of a type; null where it has none.</summary>
    public static string? StorageClass(DType type) => StorageTypes.FirstOrDefault(pair => pair.Value == type).Key?["torch.".Length..];

    /// <summary>A class or function; a call of one that is not known gives a <see cref="PickleBlank"/>.</summary>
    /// <exception cref="InvalidDataException">It is of a module that runs programs or code.</exception>
    public static PickleGlobal Find(string module, string name)
    {
        var global = new PickleGlobal(module, name);
        bool known =
            StorageTypes.ContainsKey(global.FullName)
            || ElementTypes.ContainsKey(global.FullName)
            || global.FullName
                is "collections.OrderedDict"
                    or "builtins.set"
                    or "__builtin__.set"
                    or "torch.Size"
                    or "torch._utils._rebuild_tensor"
                    or "torch._utils._rebuild_tensor_v2"
                    or "torch._utils._rebuild_tensor_v3"
                    or "torch._utils._rebuild_parameter";
        bool isPlainType = module is "builtins" or "__builtin__" && PlainTypes.Contains(name);
        return known || isPlainType || !RefusedModules.Contains(module.Split('.')[0])
            ? global with
            {
                IsKnown = known,
            }
            : throw new InvalidDataException(
                $"refers to {Printable.Name(global.FullName)}, which is refused: only tensors, containers, numbers and strings are read"
            );
    }

    /// <summary>What a call of a known function gives.</summary>
    /// <param name="global">The function.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="copies">Counts items copied so far.</param>
    /// <exception cref="InvalidDataException">The arguments are not those of the function.</exception>
    public static object? Call(PickleGlobal global, object?[] arguments, ref int copies) =>
        (global.FullName, arguments) switch
        {
            _ when !global.IsKnown => new PickleBlank(global.FullName),
            ("collections.OrderedDict", []) => new PickleDictionary(),
            ("collections.OrderedDict", [PickleList pairs]) => FromPairs(pairs, ref copies),
            ("builtins.set" or "__builtin__.set", [PickleList items]) => items,
            ("torch.Size", [PickleTuple lengths]) => lengths,
            ("torch._utils._rebuild_tensor", [StorageReference storage, long offset, PickleTuple lengths, PickleTuple strides]) => Tensor(
                storage,
                storage.Type,
                offset,
                lengths,
                strides
            ),
            (
                "torch._utils._rebuild_tensor_v2",
                [StorageReference storage, long offset, PickleTuple lengths, PickleTuple strides, _, _, ..]
            ) => Tensor(storage, storage.Type, offset, lengths, strides),
            (
                "torch._utils._rebuild_tensor_v3",
                [StorageReference storage, long offset, PickleTuple lengths, PickleTuple strides, _, _, PickleGlobal type, ..]
            ) when ElementTypes.TryGetValue(type.FullName, out var elementType) => Tensor(storage, elementType, offset, lengths, strides),
            ("torch._utils._rebuild_parameter", [PickledTensor tensor, _, _]) => tensor,
            _ => throw new InvalidDataException(
                $"{Printable.Name(global.FullName)} is called with arguments that it does not take: "
                    + $"({string.Join(", ", arguments.Take(8).Select(Describe))})"
            ),
        };

    /// <summary>The storage that a persistent id names.</summary>
    /// <param name="id">("storage", class, key, device, element count) and, in legacy files, None or (view's key, first element, element
    /// count).</param>
    /// <exception cref="InvalidDataException">It is not of that form.</exception>
    public static StorageReference Storage(object?[] id)
    {
        if (
            id is not ["storage", PickleGlobal type, string key, string or null, long count, ..]
            || count < 0
            || !StorageTypes.TryGetValue(type.FullName, out var elementType)
        )
            throw new InvalidDataException($"expected a storage, got the persistent id ({string.Join(", ", id.Take(8).Select(Describe))})");
        // One name may stand for a million storages, and each time it is compared with all others.
        if (key.Length > MaxStorageName)
            throw new InvalidDataException($"a storage's name has {key.Length} characters; expected {MaxStorageName} at most");
        bool isUntyped = type.Name == "UntypedStorage";
        return id[5..] switch
        {
            [] or [null] => new(key, elementType, count, isUntyped),
            [PickleTuple([string, long first, long length])] when first >= 0 && length >= 0 && first <= count - length => new(
                key,
                elementType,
                length,
                isUntyped,
                first
            ),
            _ => throw new InvalidDataException($"storage {Printable.Name(key)}: its view is not a range of its {count} elements"),
        };
    }

    /// <summary>A value in words.</summary>
    public static string Describe(object? value) =>
        value switch
        {
            null => "None",
            bool => "a truth value",
            long or double or BigInteger => $"the number {Printable.Name($"{value}")}",
            string text => $"the string '{(text.Length > 40 ? text[..40] + "…" : text)}'",
            PickleDictionary => "a dictionary",
            PickleList => "a list",
            PickleTuple => "a tuple",
            PickleGlobal global => Printable.Name(global.FullName),
            StorageReference => "a storage",
            PickledTensor => "a tensor",
            PickleBlank { ClassName: "bytes" } => "bytes",
            PickleBlank blank => $"an object of class {Printable.Name(blank.ClassName)}",
            _ => "a value",
        };

    static PickleDictionary FromPairs(PickleList pairs, ref int copies)
    {
        if ((copies += pairs.Items.Count) > MaxCopies)
            throw new InvalidDataException($"copies more than {MaxCopies} items");
        var dictionary = new PickleDictionary();
        foreach (object? pair in pairs.Items)
        {
            dictionary.Items.Add(
                pair switch
                {
                    PickleTuple([var key, var value]) => new(key, value),
                    PickleList { Items: [var key, var value] } => new(key, value),
                    _ => throw new InvalidDataException($"collections.OrderedDict: expected pairs, got {Describe(pair)}"),
                }
            );
        }

        return dictionary;
    }

    static PickledTensor Tensor(StorageReference storage, DType type, long offset, PickleTuple lengths, PickleTuple strides)
    {
        long[] sizes = Integers(lengths, "size"),
            steps = Integers(strides, "stride");
        long storageCount = storage.IsUntyped ? storage.Count / type.SizeBytes() : storage.Count;
        string described = $"tensor of size {CheckedShape.Print(sizes)}, stride {CheckedShape.Print(steps)} at {offset}";
        if (steps.Length != sizes.Length || offset < 0 || sizes.Any(length => length < 0) || steps.Any(step => step < 0))
            throw new InvalidDataException($"{described}: not a view of a storage");
        if (!sizes.Contains(0))
        {
            var last = sizes.Zip(steps, (length, step) => (Int128)(length - 1) * step).Aggregate((Int128)offset, (sum, term) => sum + term);
            if (last >= storageCount)
                throw new InvalidDataException($"{described}: reaches outside its storage of {storageCount} elements");
            // Strides of 0 could make a few bytes into gigabytes.
            if (sizes.Aggregate(BigInteger.One, (product, length) => product * length) > storageCount)
                throw new InvalidDataException($"{described}: has more elements than its storage of {storageCount}");
        }

        return new(storage, type, offset, sizes, steps);
    }

    static long[] Integers(PickleTuple tuple, string what)
    {
        if (tuple.Items.Length > MaxRank)
            throw new InvalidDataException($"tensor's {what} has {tuple.Items.Length} axes, more than {MaxRank}");
        return
        [
            .. tuple.Items.Select(item =>
                item is long number
                    ? number
                    : throw new InvalidDataException($"tensor's {what}: expected whole numbers, got {Describe(item)}")
            ),
        ];
    }
}
