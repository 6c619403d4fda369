namespace Pqf.Tensors;

/// <summary>Whole numbers cut into parts. Also compiled for the GPU.</summary>
static class Division
{
    /// <summary>a / b, rounded up; for a of 0 or more and b of 1 or more.</summary>
    public static int Ceil(int a, int b) => (a + b - 1) / b;

    /// <summary>Parts of each image, as many as are wanted or a few more, so that each thread has as many.</summary>
    /// <param name="parts">How many are wanted, one at least.</param>
    /// <param name="images">Images.</param>
    /// <param name="threads">Threads that share all parts.</param>
    /// <param name="most">Parts that an image can be cut into.</param>
    public static int EvenParts(int parts, int images, int threads, int most)
    {
        while (images * parts % threads != 0 && parts < most)
            parts++;
        return parts;
    }

    /// <summary>First element of part <paramref name="i"/> when <paramref name="total"/> elements are cut into nearly equal
    /// parts.</summary>
    public static int Cut(int i, int parts, int total) => (int)((long)i * total / parts);
}
