export { planRevocation, planRotation, type Revocation, type RotatingSecret, type Rotation, type RotationRequest } from './rotation.ts';
