using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Pqf.Tensors.Formats;

public sealed partial class StoredTensor
{
    /// <summary>The values as singles.</summary>
    /// <returns>[<c>Shape.Count</c>], row-major.</returns>
    /// <exception cref="InvalidDataException">As <see cref="ReadSingles"/>.</exception>
    public float[] ToSingles()
    {
        float[] values = new float[Shape.Count];
        ReadSingles(values);
        return values;
    }

    /// <summary>Reads the values as singles, from any type. Doubles are rounded to the nearest single; all else is exact.</summary>
    /// <param name="destination">[<c>Shape.Count</c>], row-major.</param>
    /// <exception cref="InvalidDataException">A double is finite but beyond the singles, or an integer is not a single.</exception>
    /// <exception cref="ShapeException">The destination is not of <c>Shape.Count</c> elements.</exception>
    public void ReadSingles(Span<float> destination)
    {
        if (destination.Length != Shape.Count)
            throw new ShapeException("ReadSingles", $"expected {Shape.Count} elements for {Name} {Shape}, got {destination.Length}");
        switch (Type)
        {
            case DType.F32:
                ReadBytes(MemoryMarshal.AsBytes(destination));
                break;
            case DType.F16:
                Read<Half, float, HalfToSingle>(destination);
                break;
            case DType.BF16:
                Read<ushort, float, BrainToSingle>(destination);
                break;
            case DType.F64:
                Read<double, float, DoubleToSingle>(destination);
                break;
            case DType.Bool:
                Read<byte, float, BoolTo<float>>(destination);
                break;
            default:
                ReadIntegers<float, IntegerToSingle>(destination);
                break;
        }
    }

    /// <summary>The values of a tensor of integers or truth values as 32-bit integers.</summary>
    /// <exception cref="InvalidDataException">The tensor is of floating point, or a value does not fit.</exception>
    public int[] ToInt32s()
    {
        int[] values = new int[Shape.Count];
        if (Type == DType.Bool)
            Read<byte, int, BoolTo<int>>(values);
        else
            ReadIntegers<int, IntegerToInt32>(values);
        return values;
    }

    /// <summary>The values of a tensor of codes. Signed 16-bit values are read as unsigned: PyTorch long had no unsigned 16-bit type, so
    /// published codes above 255 are stored so.</summary>
    /// <exception cref="InvalidDataException">The tensor is of floating point, or a value is not in 0 … 65,535.</exception>
    public ushort[] ToCodes()
    {
        ushort[] values = new ushort[Shape.Count];
        ReadCodes(values);
        return values;
    }

    /// <summary>Reads the values of a tensor of codes, as <see cref="ToCodes"/> gives them.</summary>
    /// <param name="destination">[<c>Shape.Count</c>], row-major.</param>
    /// <exception cref="InvalidDataException">As <see cref="ToCodes"/>.</exception>
    /// <exception cref="ShapeException">The destination is not of <c>Shape.Count</c> elements.</exception>
    public void ReadCodes(Span<ushort> destination)
    {
        if (destination.Length != Shape.Count)
            throw new ShapeException("ReadCodes", $"expected {Shape.Count} elements for {Name} {Shape}, got {destination.Length}");
        if (Type is DType.I16 or DType.U16)
            ReadBytes(MemoryMarshal.AsBytes(destination));
        else
            ReadIntegers<ushort, IntegerToCode>(destination);
    }

    void ReadIntegers<TTo, TConversion>(Span<TTo> destination)
        where TTo : unmanaged
        where TConversion : IIntegerConversion<TTo>
    {
        switch (Type)
        {
            case DType.U8:
                Read<byte, TTo, Integer<byte, TTo, TConversion>>(destination);
                break;
            case DType.I8:
                Read<sbyte, TTo, Integer<sbyte, TTo, TConversion>>(destination);
                break;
            case DType.U16:
                Read<ushort, TTo, Integer<ushort, TTo, TConversion>>(destination);
                break;
            case DType.I16:
                Read<short, TTo, Integer<short, TTo, TConversion>>(destination);
                break;
            case DType.U32:
                Read<uint, TTo, Integer<uint, TTo, TConversion>>(destination);
                break;
            case DType.I32:
                Read<int, TTo, Integer<int, TTo, TConversion>>(destination);
                break;
            case DType.U64:
                Read<ulong, TTo, Integer<ulong, TTo, TConversion>>(destination);
                break;
            case DType.I64:
                Read<long, TTo, Integer<long, TTo, TConversion>>(destination);
                break;
            default:
                throw new InvalidDataException($"{Name}: expected integers, got {Type}");
        }
    }

    // Optimised at once: a file is read once, before tiering would have optimised this loop.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Read<TFrom, TTo, TConversion>(Span<TTo> destination)
        where TFrom : unmanaged
        where TTo : unmanaged
        where TConversion : IConversion<TFrom, TTo>
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent((int)SizeBytes);
        var bytes = rented.AsSpan(0, (int)SizeBytes);
        ReadBytes(bytes);
        var source = MemoryMarshal.Cast<byte, TFrom>(bytes);
        for (int i = 0; i < destination.Length; i++)
        {
            if (!TConversion.TryConvert(source[i], out destination[i]))
                throw new InvalidDataException($"{Name}: element {i} is {source[i]}, which {TConversion.Target} cannot hold");
        }

        ArrayPool<byte>.Shared.Return(rented);
    }

    interface IConversion<TFrom, TTo>
    {
        /// <summary>The target in words.</summary>
        static abstract string Target { get; }

        static abstract bool TryConvert(TFrom value, out TTo converted);
    }

    interface IIntegerConversion<TTo>
    {
        static abstract string Target { get; }

        static abstract bool TryConvert(long value, out TTo converted);
    }

    readonly struct HalfToSingle : IConversion<Half, float>
    {
        public static string Target => "a single";

        public static bool TryConvert(Half value, out float converted)
        {
            converted = (float)value;
            return true;
        }
    }

    readonly struct BrainToSingle : IConversion<ushort, float>
    {
        public static string Target => "a single";

        public static bool TryConvert(ushort value, out float converted)
        {
            converted = BitConverter.UInt32BitsToSingle((uint)value << 16);
            return true;
        }
    }

    readonly struct DoubleToSingle : IConversion<double, float>
    {
        public static string Target => "a single";

        public static bool TryConvert(double value, out float converted)
        {
            converted = (float)value;
            return float.IsFinite(converted) || !double.IsFinite(value);
        }
    }

    readonly struct BoolTo<TTo> : IConversion<byte, TTo>
        where TTo : INumberBase<TTo>
    {
        public static string Target => "a number";

        public static bool TryConvert(byte value, out TTo converted)
        {
            converted = value == 0 ? TTo.Zero : TTo.One;
            return true;
        }
    }

    /// <summary>Widens an integer to 64 bits first; an unsigned one above them becomes 2⁶³ − 1, which is none of the targets'
    /// either.</summary>
    readonly struct Integer<TFrom, TTo, TConversion> : IConversion<TFrom, TTo>
        where TFrom : unmanaged, IBinaryInteger<TFrom>
        where TConversion : IIntegerConversion<TTo>
    {
        public static string Target => TConversion.Target;

        public static bool TryConvert(TFrom value, out TTo converted) =>
            TConversion.TryConvert(long.CreateSaturating(value), out converted);
    }

    readonly struct IntegerToSingle : IIntegerConversion<float>
    {
        public static string Target => "a single";

        public static bool TryConvert(long value, out float converted)
        {
            converted = value;
            return (Int128)converted == value;
        }
    }

    readonly struct IntegerToInt32 : IIntegerConversion<int>
    {
        public static string Target => "a 32-bit integer";

        public static bool TryConvert(long value, out int converted)
        {
            converted = (int)value;
            return converted == value;
        }
    }

    readonly struct IntegerToCode : IIntegerConversion<ushort>
    {
        public static string Target => "a code of 0 to 65,535";

        public static bool TryConvert(long value, out ushort converted)
        {
            converted = (ushort)value;
            return converted == value;
        }
    }
}
