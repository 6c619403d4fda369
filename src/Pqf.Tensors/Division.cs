namespace Pqf.Tensors;

/// <summary>Whole numbers cut into parts. Also compiled for the GPU.</summary>
static class Division
{
    /// <summary>a / b, rounded up; for a of 0 or more and b of 1 or more.</summary>
    public static int Ceil(int a, int b) => (a + b - 1) / b;

    /// <summary>First element of part <paramref name="i"/> when <paramref name="total"/> elements are cut into nearly equal
    /// parts.</summary>
    public static int Cut(int i, int parts, int total) => (int)((long)i * total / parts);
}
