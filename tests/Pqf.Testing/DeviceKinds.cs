namespace Pqf.Testing;

/// <summary>The kinds of device that conformance tests run on.</summary>
public enum DeviceKind
{
    /// <summary>The processor.</summary>
    Host,

    /// <summary>ILGPU's accelerator that interprets GPU kernels on the processor: always there, hundreds of times slower than a
    /// loop.</summary>
    Simulator,

    /// <summary>An OpenCL device on the processor (Debian: pocl-opencl-icd).</summary>
    Pocl,

    /// <summary>An NVIDIA GPU.</summary>
    Cuda,
}

/// <summary>Which devices conformance theories run over.</summary>
public static class DeviceKinds
{
    /// <summary>Every kind, or the one that the environment variable PQF_TEST_DEVICE names (<c>cuda</c>, to try a card quickly); a test on
    /// one that this machine lacks is skipped, with the reason.</summary>
    public static IReadOnlyList<DeviceKind> All { get; } =
        Environment.GetEnvironmentVariable("PQF_TEST_DEVICE") is { Length: > 0 } name
            ? [Enum.Parse<DeviceKind>(name, ignoreCase: true)]
            : Enum.GetValues<DeviceKind>();

    /// <summary>The same as rows of theory data.</summary>
    public static IEnumerable<object[]> Rows => All.Select(kind => new object[] { kind });

    /// <summary>Every kind with lengths of vectors: none, around the edges of the processor's vectors, and a long one.</summary>
    public static IEnumerable<object[]> Lengths =>
        All.SelectMany(kind => new[] { 0, 1, 7, 8, 9, 15, 16, 17, 31, 33, 1025 }.Select(length => new object[] { kind, length }));
}
