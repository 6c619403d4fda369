using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Pqf.Tensors.Formats;

/// <summary>PyTorch's own files: the zip form (since 1.6) and the legacy form before it are read, the zip form is written.</summary>
public static partial class PyTorchFile
{
    const string Top = "archive/";

    /// <summary>Writes a state dict that <c>torch.load</c> opens, with <c>weights_only=True</c> too, from PyTorch 1.13 on.</summary>
    /// <param name="path">As for <see cref="AtomicFile.Write"/>.</param>
    /// <param name="tensors">Names unique; in this order. PyTorch has no unsigned types but bytes: store 16-bit codes as
    /// <see cref="DType.I16"/>.</param>
    /// <returns>An error if a name occurs twice, PyTorch lacks a type, the archive would exceed 4 GiB or 65,000 tensors, or the file system
    /// refuses.</returns>
    public static Result<Unit, PqfError> Write(string path, IEnumerable<StoredTensor> tensors) =>
        Contents(path, tensors).Bind(write => AtomicFile.Write(path, write));

    /// <summary>What <see cref="Write"/> writes.</summary>
    /// <inheritdoc cref="Write"/>
    /// <param name="path">Named in errors.</param>
    public static Result<Action<Stream>, PqfError> Contents(string path, IEnumerable<StoredTensor> tensors)
    {
        StoredTensor[] list = [.. tensors];
        if (StoredTensors.FindUnstorableName(path, list) is { } error)
            return error;
        if (Array.Find(list, tensor => PickleGlobals.StorageClass(tensor.Type) is null) is { } foreign)
            return new PqfError.Tensor(path, foreign.Name, $"PyTorch has no type for {foreign.Type}");
        if (list.Length > ZipWriter.MaxTensors || list.Sum(tensor => tensor.SizeBytes) > ZipWriter.MaxTensorBytes)
            return new PqfError.File(path, "cannot be written: an archive of more than 4 GiB or 65,000 tensors");
        return (Action<Stream>)(
            stream =>
            {
                var zip = new ZipWriter(stream);
                zip.Add(Top + "data.pkl", PickleStateDict(list));
                zip.Add(Top + "byteorder", "little"u8);
                for (int i = 0; i < list.Length; i++)
                    StoredTensors.WithBytes(
                        list[i],
                        bytes => zip.Add(string.Create(CultureInfo.InvariantCulture, $"{Top}data/{i}"), bytes)
                    );
                zip.Add(Top + "version", "3\n"u8);
                zip.Finish();
            }
        );
    }

    static byte[] PickleStateDict(StoredTensor[] tensors)
    {
        var pickle = new Pickler();
        pickle.Op(PickleOpcode.PROTO, 2);
        pickle.EmptyOrderedDict();
        pickle.Op(PickleOpcode.MARK);
        for (int i = 0; i < tensors.Length; i++)
        {
            pickle.Text(tensors[i].Name);
            PickleTensor(pickle, tensors[i], i);
        }

        pickle.Op(PickleOpcode.SETITEMS);
        pickle.Op(PickleOpcode.STOP);
        return pickle.ToArray();
    }

    // torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)
    static void PickleTensor(Pickler pickle, StoredTensor tensor, int key)
    {
        pickle.Global("torch._utils", "_rebuild_tensor_v2");
        pickle.Op(PickleOpcode.MARK);
        pickle.Op(PickleOpcode.MARK);
        pickle.SharedText("storage");
        pickle.Global("torch", PickleGlobals.StorageClass(tensor.Type)!);
        pickle.Text(key.ToString(CultureInfo.InvariantCulture));
        pickle.SharedText("cpu");
        pickle.Integer(tensor.Shape.Count);
        pickle.Op(PickleOpcode.TUPLE);
        pickle.Op(PickleOpcode.BINPERSID);
        pickle.Integer(0);
        pickle.Integers(tensor.Shape.AsSpan());
        pickle.Integers(DenseStrides(tensor.Shape));
        pickle.Op(PickleOpcode.NEWFALSE);
        pickle.EmptyOrderedDict();
        pickle.Op(PickleOpcode.TUPLE);
        pickle.Op(PickleOpcode.REDUCE);
    }

    static int[] DenseStrides(Shape shape)
    {
        int[] strides = new int[shape.Rank];
        int stride = 1;
        for (int axis = shape.Rank - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride *= Math.Max(shape[axis], 1);
        }

        return strides;
    }

    /// <summary>Emits pickle opcodes; names and texts used often go to the memo.</summary>
    sealed class Pickler
    {
        readonly List<byte> output = [];
        readonly Dictionary<string, byte> memo = [];

        public void Op(PickleOpcode opcode, params ReadOnlySpan<byte> arguments)
        {
            output.Add((byte)opcode);
            output.AddRange(arguments);
        }

        public void Text(string text)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            Span<byte> length = stackalloc byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
            Op(PickleOpcode.BINUNICODE, length);
            output.AddRange(bytes);
        }

        public void SharedText(string text) => Share(text, () => Text(text));

        public void Global(string module, string name) =>
            Share($"{module} {name}", () => Op(PickleOpcode.GLOBAL, Encoding.ASCII.GetBytes($"{module}\n{name}\n")));

        public void EmptyOrderedDict()
        {
            Global("collections", "OrderedDict");
            Op(PickleOpcode.EMPTY_TUPLE);
            Op(PickleOpcode.REDUCE);
        }

        public void Integer(int value)
        {
            Span<byte> bytes = stackalloc byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
            Op(PickleOpcode.BININT, bytes);
        }

        public void Integers(ReadOnlySpan<int> values)
        {
            Op(PickleOpcode.MARK);
            foreach (int value in values)
                Integer(value);
            Op(PickleOpcode.TUPLE);
        }

        public byte[] ToArray() => [.. output];

        void Share(string key, Action emit)
        {
            if (memo.TryGetValue(key, out byte slot))
            {
                Op(PickleOpcode.BINGET, slot);
                return;
            }

            emit();
            slot = (byte)memo.Count;
            memo.Add(key, slot);
            Op(PickleOpcode.BINPUT, slot);
        }
    }
}
