namespace Pqf.Tensors.Devices.Host;

/// <summary>Cuts of fixed size for ops that go through memory once.</summary>
static class Chunks
{
    /// <summary>Floats that an item takes: 64 KiB, some microseconds of work.</summary>
    public const int Floats = 16 << 10;

    public static int Count(int floats) => Division.Ceil(floats, Floats);

    /// <summary>Rows of a given length that make up such an item; one at least.</summary>
    public static int Rows(int length) => Math.Max(1, Floats / Math.Max(1, length));
}
