using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime.OpenCL;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Device = Pqf.Tensors.Devices.Device;

namespace Pqf.Testing;

/// <summary>Lets ILGPU run on PoCL 3.1, which has no generic address space of its own. For tests alone: it reaches into ILGPU by
/// reflection.</summary>
static partial class Pocl
{
    const string Platform = "Portable Computing Language";

    /// <summary>Whether a device of the machine is PoCL's.</summary>
    public static bool Is(DeviceInfo device) => device.Name.Contains($"({Platform})", StringComparison.Ordinal);

    public static Result<Device, string> Open()
    {
        if (!OperatingSystem.IsLinux())
            return "PoCL is looked for on Linux only";

        // One flat address space: as an attribute, __generic is accepted and enough. PoCL reads this with getenv each time it builds
        // a program, and .NET's own setter does not reach getenv.
        _ = SetEnvironment("POCL_EXTRA_BUILD_FLAGS", "-D__generic=__attribute__((opencl_generic))", 0);
        DeviceCatalog.MakeOpenClLoadable();
        var context = Context.Create(builder => builder.OpenCL(Accept).EnableAlgorithms());
        if (context.GetCLDevices().Count > 0)
            return new GpuDevice(context.CreateCLAccelerator(0), context);
        context.Dispose();
        return "PoCL's OpenCL device is not installed (Debian: pocl-opencl-icd)";
    }

    static bool Accept(CLDevice device)
    {
        if (!device.PlatformName.Contains(Platform, StringComparison.Ordinal))
            return false;
        typeof(CLCapabilityContext)
            .GetProperty(nameof(CLCapabilityContext.GenericAddressSpace))!
            .GetSetMethod(nonPublic: true)!
            .Invoke(device.Capabilities, [true]);
        return true;
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
