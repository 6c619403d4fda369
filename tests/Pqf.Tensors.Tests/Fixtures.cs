using Pqf.Testing;

[assembly: Xunit.AssemblyFixture(typeof(DeviceSet))]
[assembly: Xunit.AssemblyFixture(typeof(Pqf.Tensors.Tests.Devices.CompiledKernels))]
