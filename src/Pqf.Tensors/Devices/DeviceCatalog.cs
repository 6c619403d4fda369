using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace Pqf.Tensors.Devices;

/// <summary>A device of this machine.</summary>
/// <param name="Id">What opens it: <c>host</c>, <c>cuda:0</c>, <c>opencl:0</c>.</param>
/// <param name="Name">The hardware's own name.</param>
/// <param name="MemoryBytes">Its memory.</param>
/// <param name="Problem">Why it cannot be opened, or null.</param>
public sealed record DeviceInfo(string Id, string Name, long MemoryBytes, string? Problem);

/// <summary>The devices of this machine, and how to open one by name.</summary>
/// <remarks>A machine without a GPU, or without a GPU's libraries, has the host alone: that is allowed. No ILGPU context is made before a
/// GPU is opened.</remarks>
public static class DeviceCatalog
{
    /// <summary>All devices: the host first, then CUDA's and OpenCL's.</summary>
    public static ImmutableArray<DeviceInfo> List() =>
        [
            new("host", $"{Environment.ProcessorCount} logical processors", GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, null),
            .. CudaDevices().Select((device, i) => new DeviceInfo($"cuda:{i}", device.Name, device.MemorySize, null)),
            .. OpenClDevices()
                .Select(
                    (device, i) =>
                        new DeviceInfo($"opencl:{i}", $"{device.Name} ({device.PlatformName})", device.MemorySize, Problem(device))
                ),
        ];

    /// <summary>Opens a device.</summary>
    /// <param name="name">
    /// <c>auto</c> (the first CUDA device, else the first OpenCL GPU, else the host), <c>host</c>, <c>cuda</c>, <c>opencl</c>, or one of
    /// several as <c>cuda:1</c>.
    /// <c>opencl</c> alone is the first usable device.
    /// </param>
    /// <param name="threadCount">Threads of the host; 0 takes one per logical processor.</param>
    /// <returns>The device, owned by the caller; or why there is none.</returns>
    public static Result<Device, PqfError> Open(string name, int threadCount = 0) =>
        name.Split(':') switch
        {
            ["auto"] => OpenAuto(threadCount),
            ["host"] => new HostDevice(threadCount),
            ["cuda"] => OpenCuda(name, 0),
            ["opencl"] => OpenOpenCl(name, Math.Max(0, OpenClDevices().FindIndex(device => Problem(device) is null))),
            ["cuda", var number] when Number(number) is { } index => OpenCuda(name, index),
            ["opencl", var number] when Number(number) is { } index => OpenOpenCl(name, index),
            _ => new PqfError.Device(name, "expected auto, host, cuda, opencl, or a number after it as in cuda:1"),
        };

    static Result<Device, PqfError> OpenAuto(int threadCount)
    {
        if (!MayHaveGpu())
            return new HostDevice(threadCount);
        if (CudaDevices().Count > 0)
            return OpenCuda("auto", 0);
        int gpu = OpenClDevices()
            .FindIndex(device => device.DeviceType.HasFlag(CLDeviceType.CL_DEVICE_TYPE_GPU) && Problem(device) is null);
        return gpu >= 0 ? OpenOpenCl("auto", gpu) : new HostDevice(threadCount);
    }

    /// <summary>Whether it is worth asking the drivers: loading one that has no GPU (PoCL, which brings a compiler) takes 100 ms and 70
    /// MB.</summary>
    /// <remarks>On Linux a GPU has a device file: of the direct rendering manager, AMD's, NVIDIA's, NVIDIA's for Tegra, Windows' for Linux,
    /// Arm's or Qualcomm's.</remarks>
    static bool MayHaveGpu() =>
        !OperatingSystem.IsLinux()
        || new[]
        {
            "/dev/dri",
            "/dev/kfd",
            "/dev/nvidiactl",
            "/dev/nvhost-ctrl-gpu",
            "/dev/nvmap",
            "/dev/dxg",
            "/dev/mali0",
            "/dev/kgsl-3d0",
        }.Any(Path.Exists);

    static Result<Device, PqfError> OpenCuda(string name, int index) =>
        index < CudaDevices().Count
            ? Open(name, builder => builder.Cuda(_ => true), context => context.CreateCudaAccelerator(index))
            : new PqfError.Device(name, $"this machine has {CudaDevices().Count} CUDA devices");

    static Result<Device, PqfError> OpenOpenCl(string name, int index)
    {
        var devices = OpenClDevices();
        if (index >= devices.Count)
            return new PqfError.Device(name, $"this machine has {devices.Count} OpenCL devices");
        return Problem(devices[index]) is { } problem
            ? new PqfError.Device(name, $"{devices[index].Name}: {problem}")
            : Open(name, builder => builder.OpenCL(_ => true), context => context.CreateCLAccelerator(index));
    }

    static Result<Device, PqfError> Open(string name, Action<Context.Builder> choose, Func<Context, Accelerator> create)
    {
        var context = Context.Create(builder => choose(builder.EnableAlgorithms()));
        try
        {
            return new GpuDevice(create(context), context);
        }
        catch (AcceleratorException e)
        {
            context.Dispose();
            return new PqfError.Device(name, e.Message);
        }
    }

    static List<CudaDevice> CudaDevices() => [.. CudaDevice.GetDevices(_ => true).OfType<CudaDevice>()];

    static List<CLDevice> OpenClDevices()
    {
        MakeOpenClLoadable();
        return [.. CLDevice.GetDevices(_ => true).OfType<CLDevice>()];
    }

    static string? Problem(CLDevice device) => device.Capabilities.GenericAddressSpace ? null : "it lacks OpenCL's generic address space";

    static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    /// <summary>Lets ILGPU, which asks for a library named OpenCL, find the loader where only its versioned file is installed, as in
    /// Debian.</summary>
    internal static void MakeOpenClLoadable()
    {
        var loader = AssemblyLoadContext.GetLoadContext(typeof(Context).Assembly) ?? AssemblyLoadContext.Default;
        loader.ResolvingUnmanagedDll -= LoadOpenCl; // so that any number of calls leaves one handler
        loader.ResolvingUnmanagedDll += LoadOpenCl;
    }

    static nint LoadOpenCl(Assembly assembly, string library) =>
        library == "OpenCL" && NativeLibrary.TryLoad("libOpenCL.so.1", out nint handle) ? handle : 0;
}
