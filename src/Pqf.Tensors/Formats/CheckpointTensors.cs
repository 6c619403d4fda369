using System.Globalization;
using System.Numerics;

namespace Pqf.Tensors.Formats;

/// <summary>Finds a checkpoint's dictionary of tensors and names them as PyTorch does.</summary>
static class CheckpointTensors
{
    // State dicts are nested two or three deep; a hostile file could nest, or share, without end.
    const int MaxDepth = 32;
    const int MaxNameLength = 1_000;

    // A value takes a byte or more of the pickle, a name's characters too. Some sharing is usual: tied weights, averages.
    const int MaxVisitsPerByte = 4,
        MaxCharactersPerByte = 64;

    // torch.save(model) pickles the module itself, which only the program that defines its class can read.
    const string SaveStateDict = ": save model.state_dict() instead";

    /// <summary>Keys under which training scripts store the state dict, in order of preference.</summary>
    static readonly string[] Nested = ["state_dict", "model_state_dict", "model", "net"];

    /// <summary>The tensors of the state dict, nested names joined by dots.</summary>
    /// <param name="root">What the file holds. A dictionary under <c>state_dict</c>, <c>model_state_dict</c>, <c>model</c> or <c>net</c>
    /// that holds tensors is taken in place of the one around it.</param>
    /// <param name="pickleBytes">Bytes of the pickle that it was read from.</param>
    /// <returns>In the file's order, names unique.</returns>
    /// <exception cref="InvalidDataException">There is none, or its nesting has no end.</exception>
    public static IReadOnlyList<KeyValuePair<string, PickledTensor>> Find(object? root, long pickleBytes)
    {
        if (root is not PickleDictionary dictionary)
            throw new InvalidDataException(
                $"expected a dictionary of tensors, got {PickleGlobals.Describe(root)}{(root is PickleBlank ? SaveStateDict : "")}"
            );
        for (int depth = 0; depth < MaxDepth && Inner(dictionary, pickleBytes) is var (_, inner); depth++)
            dictionary = inner;
        var tensors = new Walk(pickleBytes).Flatten(dictionary);
        return tensors.Count > 0 ? [.. tensors] : throw new InvalidDataException($"holds no tensors{Module(dictionary)}");
    }

    /// <summary>The networks that lie beside the state dict that is taken, such as an average of it: a line for each.</summary>
    /// <param name="root">What the file holds.</param>
    /// <param name="pickleBytes">Bytes of the pickle that it was read from.</param>
    public static IEnumerable<string> Notes(object? root, long pickleBytes)
    {
        var outer = root as PickleDictionary;
        for (int depth = 0; depth < MaxDepth && outer is not null && Inner(outer, pickleBytes) is var (taken, inner); depth++)
        {
            string[] names = [.. new Walk(pickleBytes).Flatten(inner).Keys];
            foreach (var (key, value) in outer.Items)
                if (key is string other && other != taken && value is PickleDictionary && HoldsAll(value, names, pickleBytes))
                    yield return $"reads {Printable.Name(taken)}; {Printable.Name(other)} holds another network and is left out";
            outer = inner;
        }
    }

    /// <summary>The dictionary that is taken in place of the one around it, and its key; null if there is none.</summary>
    static (string Key, PickleDictionary Inner)? Inner(PickleDictionary outer, long pickleBytes)
    {
        foreach (string key in Nested)
            if (outer.Find(key) is PickleDictionary inner && new Walk(pickleBytes).HoldsTensors(inner))
                return (key, inner);
        return null;
    }

    /// <summary>Whether a dictionary has tensors of all these names, all behind one prefix or none.</summary>
    static bool HoldsAll(object? value, string[] names, long pickleBytes)
    {
        if (value is not PickleDictionary dictionary)
            return false;
        var own = new Walk(pickleBytes).Flatten(dictionary).Keys.ToHashSet(StringComparer.Ordinal);
        return own.Where(name => name == names[0] || name.EndsWith($".{names[0]}", StringComparison.Ordinal))
            .Any(first => names.All(name => own.Contains(first[..^names[0].Length] + name)));
    }

    /// <summary>What a checkpoint without tensors holds in their place: most often a whole module.</summary>
    static string Module(PickleDictionary dictionary) =>
        dictionary.Items.Find(item => item.Key is string && item.Value is PickleBlank) is { Key: string key, Value: PickleBlank blank }
            ? $"; '{Printable.Name(key)}' is {PickleGlobals.Describe(blank)}{SaveStateDict}"
            : "";

    /// <summary>The numbers, strings and truth values beside the tensors, such as a checkpoint's epoch.</summary>
    public static IReadOnlyDictionary<string, string> Scalars(object? root)
    {
        var scalars = new Dictionary<string, string>();
        foreach (var (key, value) in root is PickleDictionary dictionary ? dictionary.Items : [])
        {
            if (key is string name && value is bool or long or double or BigInteger or string)
                scalars[name] = string.Create(CultureInfo.InvariantCulture, $"{value}");
        }

        return scalars;
    }

    /// <summary>One visit of everything that a dictionary holds, bounded by the size of the pickle.</summary>
    sealed class Walk(long pickleBytes)
    {
        long visits;
        long characters;

        public OrderedDictionary<string, PickledTensor> Flatten(PickleDictionary dictionary)
        {
            var tensors = new OrderedDictionary<string, PickledTensor>();
            Visit("", dictionary, 0);
            return tensors;

            void Visit(string name, object? value, int depth)
            {
                Count(name.Length, depth);
                switch (value)
                {
                    case PickledTensor tensor:
                        tensors[name] = tensor;
                        break;
                    case StorageReference storage:
                        tensors[name] = new(storage, storage.Type, 0, [storage.Count], [1]);
                        break;
                    case PickleDictionary inner:
                        inner.Items.ForEach(item => Visit(Join(name, Text(item.Key)), item.Value, depth + 1));
                        break;
                    case PickleList list:
                        VisitItems(name, list.Items, depth);
                        break;
                    case PickleTuple tuple:
                        VisitItems(name, tuple.Items, depth);
                        break;
                    default:
                        break; // scalars
                }
            }

            void VisitItems(string name, IReadOnlyList<object?> items, int depth)
            {
                for (int i = 0; i < items.Count; i++)
                    Visit(Join(name, Text((long)i)), items[i], depth + 1);
            }
        }

        public bool HoldsTensors(object? value, int depth = 0)
        {
            Count(0, depth);
            return value switch
            {
                PickledTensor or StorageReference => true,
                PickleDictionary inner => inner.Items.Exists(item => HoldsTensors(item.Value, depth + 1)),
                PickleList list => list.Items.Exists(item => HoldsTensors(item, depth + 1)),
                PickleTuple tuple => Array.Exists(tuple.Items, item => HoldsTensors(item, depth + 1)),
                _ => false,
            };
        }

        void Count(int nameLength, int depth)
        {
            characters += nameLength;
            if (
                depth > MaxDepth
                || nameLength > MaxNameLength
                || ++visits > MaxVisitsPerByte * pickleBytes
                || characters > MaxCharactersPerByte * pickleBytes
            )
                throw new InvalidDataException(
                    $"is nested deeper than {MaxDepth}, repeats its values too often, or has names of more than "
                        + $"{MaxNameLength} characters"
                );
        }
    }

    static string Join(string outer, string inner) => outer.Length == 0 ? inner : $"{outer}.{inner}";

    static string Text(object? key) =>
        key switch
        {
            string text => text,
            long number => number.ToString(CultureInfo.InvariantCulture),
            _ => throw new InvalidDataException($"expected names of tensors, got {PickleGlobals.Describe(key)}"),
        };
}
