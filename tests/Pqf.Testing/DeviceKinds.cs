using Pqf.Tensors.Devices;

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
    /// <summary>Every kind, or the one that the environment variable PQF_TEST_DEVICE names (<c>cuda</c>, to try a card
    /// quickly).</summary>
    public static IReadOnlyList<DeviceKind> Wanted { get; } =
        Environment.GetEnvironmentVariable("PQF_TEST_DEVICE") is { Length: > 0 } name
            ? [Enum.Parse<DeviceKind>(name, ignoreCase: true)]
            : Enum.GetValues<DeviceKind>();

    /// <summary>Those of them that this machine has; a single one is asked for, and tests on it are skipped where it is
    /// absent.</summary>
    /// <remarks>Theories have no rows for absent kinds: <c>AbsentDeviceTests</c> has one skipped test for each, instead of hundreds.</remarks>
    public static IReadOnlyList<DeviceKind> All { get; } = Wanted.Count == 1 ? Wanted : [.. Present(DeviceCatalog.List())];

    static IEnumerable<DeviceKind> Present(IReadOnlyList<DeviceInfo> devices) =>
        Wanted.Where(kind =>
            kind switch
            {
                DeviceKind.Pocl => devices.Any(Pocl.Is),
                DeviceKind.Cuda => devices.Any(device => device.Id.StartsWith("cuda:", StringComparison.Ordinal)),
                _ => true,
            }
        );

    /// <summary>The same as rows of theory data.</summary>
    public static IEnumerable<object[]> Rows => All.Select(kind => new object[] { kind });

    /// <summary>Every kind with lengths of vectors: none, around the edges of the processor's vectors, and a long one.</summary>
    public static IEnumerable<object[]> Lengths =>
        All.SelectMany(kind => new[] { 0, 1, 7, 8, 9, 15, 16, 17, 31, 33, 1025 }.Select(length => new object[] { kind, length }));
}
